"""Mitotic figures: dense ragged chromatin without a membrane, in a cleared rounded cell."""

from collections.abc import Callable

import cv2
import numpy as np

from mitosis.data.drawing.canvas import Canvas, Generator, Patch, cover, outline
from mitosis.data.drawing.darkness import chromatin_eosin, chromatin_level

REACH = 9.0  # µm: the rounded cell and a little more.
SMALLEST_PART = 0.6  # µm²: smaller specks are not part of the annotated figure.


def draw_mitosis(canvas: Canvas, rng: Generator, x: float, y: float) -> np.ndarray:
    """Draw a mitotic figure of a random phase at (x, y) µm.

    Returns its pixels, (n, 2) int32 x, y in the field: one part, or two in anaphase and telophase.
    """
    patch = canvas.patch(x, y, REACH)
    phase = rng.choice(len(PHASES), p=[share for share, _ in PHASES])
    angle, scale = rng.uniform(0, np.pi), rng.uniform(0.78, 1.12)
    inside = PHASES[phase][1](rng, patch, angle, scale)
    _clear_cell(canvas, rng, patch, angle, elongated=phase >= 3)
    ragged = inside + np.float32(0.22) * patch.noise(rng, 0.5) + np.float32(0.36) * patch.noise(rng, 1.0)
    density = np.maximum(cover(ragged, 0.45), _hairs(rng, patch, inside))
    clumps = 1 + 0.13 * patch.noise(rng, 0.7)
    level = chromatin_level(rng)
    canvas.paint(patch, density, level * np.clip(clumps, 0.45, 1.35), chromatin_eosin(rng))
    rows, columns = np.nonzero(_without_specks(density > 0.5, canvas.mpp))
    return np.stack([columns + patch.columns.start, rows + patch.rows.start], axis=1).astype(np.int32)


def _prometaphase(rng: Generator, patch: Patch, angle: float, scale: float) -> np.ndarray:
    """A knotted clump, round to oval."""
    half = 3.25 * scale
    return outline(rng, patch, half, half * rng.uniform(0.7, 1.0), angle, 0.10)


def _plate(rng: Generator, patch: Patch, angle: float, scale: float) -> np.ndarray:
    """A metaphase plate seen from the side: a thick, slightly bent bar."""
    return _bar(rng, patch, angle, 4.1 * scale, 1.75 * scale * rng.uniform(0.8, 1.2), 0.0, rng.normal(0, 0.02))


def _ring(rng: Generator, patch: Patch, angle: float, scale: float) -> np.ndarray:
    """A metaphase plate seen from a pole: a wreath around a paler middle."""
    half = 3.5 * scale
    body = outline(rng, patch, half, half * rng.uniform(0.82, 1.0), angle, 0.07)
    hole = outline(rng, patch, half * rng.uniform(0.22, 0.38), half * 0.25, angle, 0.1)
    return np.minimum(body, -hole)


def _anaphase(rng: Generator, patch: Patch, angle: float, scale: float) -> np.ndarray:
    """Two parallel bars, bowed towards the poles."""
    return _pair(rng, patch, angle, 3.3 * scale, 1.15 * scale, rng.uniform(1.9, 2.6) * scale, 0.06)


def _telophase(rng: Generator, patch: Patch, angle: float, scale: float) -> np.ndarray:
    """Two shorter bars, far apart, in a dividing cell."""
    return _pair(rng, patch, angle, 2.7 * scale, 1.3 * scale, rng.uniform(2.9, 3.5) * scale, 0.04)


# Frequencies of the phases; from the fourth on, figures have two parts.
PHASES: tuple[tuple[float, Callable[[Generator, Patch, float, float], np.ndarray]], ...] = (
    (0.30, _prometaphase),
    (0.34, _plate),
    (0.18, _ring),
    (0.11, _anaphase),
    (0.07, _telophase),
)


def _pair(
    rng: Generator, patch: Patch, angle: float, half_length: float, half_width: float, offset: float, bow: float
) -> np.ndarray:
    first = _bar(rng, patch, angle, half_length, half_width, offset, bow)
    return np.maximum(first, _bar(rng, patch, angle, half_length, half_width, -offset, -bow))


def _bar(
    rng: Generator, patch: Patch, angle: float, half_length: float, half_width: float, offset: float, bow: float
) -> np.ndarray:
    """Distance in µm to a rounded bar along ``angle``, shifted sideways by ``offset`` µm; positive inside."""
    along, across = patch.turned(angle + rng.normal(0, 0.05))
    across = across - np.float32(offset) + np.float32(bow) * along**2
    beyond = np.maximum(np.abs(along) - np.float32(half_length - half_width), 0)
    return np.float32(half_width) - np.hypot(beyond, across)


def _hairs(rng: Generator, patch: Patch, inside: np.ndarray) -> np.ndarray:
    """(h, w) in 0…1: chromosome arms that protrude from the outline, each a fine line along its normal."""
    drawn = np.zeros(inside.shape, dtype=np.uint8)
    down, right = np.gradient(inside)
    rows, columns = np.nonzero(np.abs(inside) < 0.2)
    for at in rng.choice(len(rows), size=min(len(rows), int(rng.integers(9, 16))), replace=False):
        row, column = int(rows[at]), int(columns[at])
        slope = np.array([right[row, column], down[row, column]])
        normal = -slope / max(float(np.hypot(*slope)), 1e-6) + rng.normal(0, 0.35, 2)
        start, length = np.array([column, row]), rng.uniform(0.35, 1.1) / patch.mpp
        ends = [tuple(int(v) for v in np.rint((start + k * normal) * 16)) for k in (-0.5 / patch.mpp, length)]
        cv2.line(drawn, ends[0], ends[1], 255, max(1, round(0.55 / patch.mpp)), cv2.LINE_AA, shift=4)
    return drawn.astype(np.float32) / 255


def _clear_cell(canvas: Canvas, rng: Generator, patch: Patch, angle: float, elongated: bool) -> None:
    """The rounded cell: cytoplasm thinned around the chromatin, a fine membrane at its border."""
    half = rng.uniform(5.6, 6.6)
    stretch = 1.2 if elongated else rng.uniform(1.0, 1.1)
    inside = outline(rng, patch, half, half * stretch, angle, 0.03)
    granules = rng.uniform(0.28, 0.45) + 0.07 * patch.noise(rng, 0.5) + 0.05 * patch.noise(rng, 1.2)
    canvas.paint(patch, cover(inside, 1.5) * rng.uniform(0.35, 0.8), 0.10 + 0.3 * (granules - 0.35), granules)
    canvas.dilute(patch, np.exp(-((inside / 0.35) ** 2)), 1.3, 1.45)


def _without_specks(mask: np.ndarray, mpp: float) -> np.ndarray:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = statistics[:, cv2.CC_STAT_AREA] * mpp**2 >= SMALLEST_PART
    keep[0] = False
    return keep[np.asarray(labels, dtype=np.intp)]
