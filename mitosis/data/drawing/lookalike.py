"""Dark nuclei that are not mitoses: they have smooth outlines and lie in no cleared, rounded cell."""

from collections.abc import Callable

import numpy as np

from mitosis.data.drawing.canvas import Canvas, Generator, Patch, cover, outline
from mitosis.data.drawing.darkness import chromatin_eosin, chromatin_level

REACH = 9.0  # µm


def draw_lookalike(canvas: Canvas, rng: Generator, x: float, y: float) -> None:
    """Draw a look-alike of a random kind at (x, y) µm."""
    kind = rng.choice(len(KINDS), p=[share for share, _ in KINDS])
    KINDS[kind][1](canvas, rng, canvas.patch(x, y, REACH))


def _pyknotic(canvas: Canvas, rng: Generator, patch: Patch) -> None:
    """A shrunken nucleus: round, smooth, evenly dark, in dense pink cytoplasm."""
    half = rng.uniform(2.4, 3.8)
    inside = outline(rng, patch, half, half * rng.uniform(0.75, 1.0), rng.uniform(0, np.pi), 0.02)
    _pink_cytoplasm(canvas, rng, patch, half + rng.uniform(1.5, 2.8))
    grain = 1 + 0.05 * patch.noise(rng, 1.2)
    canvas.paint(patch, cover(inside, 0.3), chromatin_level(rng) * grain, chromatin_eosin(rng))


def _apoptotic(canvas: Canvas, rng: Generator, patch: Patch) -> None:
    """Round dark balls of unequal size in a shrunken pink cell with a halo."""
    _pink_cytoplasm(canvas, rng, patch, rng.uniform(4.4, 5.8))
    level, eosin = chromatin_level(rng), chromatin_eosin(rng)
    inside = np.full_like(patch.x, -np.inf)
    for k in range(rng.integers(2, 6)):
        radius = rng.uniform(1.7, 2.7) if k == 0 else rng.uniform(0.6, 1.6)
        distance, angle = (rng.uniform(0.5, 1.0) if k == 0 else rng.uniform(2.2, 3.4)), rng.uniform(0, 2 * np.pi)
        ball = radius - np.hypot(patch.x - distance * np.cos(angle), patch.y - distance * np.sin(angle))
        inside = np.maximum(inside, ball.astype(np.float32))
    canvas.paint(patch, cover(inside, 0.3), level * (1 + 0.05 * patch.noise(rng, 1.2)), eosin)


def _lymphocyte(canvas: Canvas, rng: Generator, patch: Patch) -> None:
    """A small round nucleus with coarse soft clumps, a sharp rim and almost no cytoplasm."""
    half = rng.uniform(2.7, 3.6)
    inside = outline(rng, patch, half, half * rng.uniform(0.85, 1.0), rng.uniform(0, np.pi), 0.02)
    canvas.dilute(patch, cover(inside + np.float32(rng.uniform(0.5, 1.0)), 0.5), 0.3, 0.35)
    clumps = 1 + 0.12 * patch.noise(rng, 1.6) + 0.15 * np.exp(-(((inside - 0.3) / 0.3) ** 2))
    canvas.paint(patch, cover(inside, 0.3), 0.9 * chromatin_level(rng) * clumps, chromatin_eosin(rng))


def _hyperchromatic(canvas: Canvas, rng: Generator, patch: Patch) -> None:
    """A dark, bent tumour nucleus that keeps its membrane."""
    half = rng.uniform(3.3, 4.4)
    inside = outline(rng, patch, half, half * rng.uniform(0.55, 0.85), rng.uniform(0, np.pi), 0.09)
    grain = 0.88 + 0.07 * patch.noise(rng, 1.5) + 0.22 * np.exp(-(((inside - 0.25) / 0.3) ** 2))
    canvas.paint(patch, cover(inside, 0.35), chromatin_level(rng) * grain, chromatin_eosin(rng))


def _smudged(canvas: Canvas, rng: Generator, patch: Patch) -> None:
    """A crushed, long nucleus: evenly dark, fading at its border."""
    half_length, half_width = rng.uniform(3.8, 5.4), rng.uniform(1.3, 2.0)
    angle = rng.uniform(0, np.pi)
    along, across = patch.turned(angle)
    across = across + np.float32(rng.normal(0, 0.04)) * along**2
    inside = half_width * (1 - (along / np.float32(half_length * 1.15)) ** 2) - np.abs(across)
    grain = 1 + 0.08 * patch.noise(rng, 1.0)
    canvas.paint(patch, cover(inside, 0.9), chromatin_level(rng) * grain, chromatin_eosin(rng))


KINDS: tuple[tuple[float, Callable[[Canvas, Generator, Patch], None]], ...] = (
    (0.22, _pyknotic),
    (0.20, _apoptotic),
    (0.20, _lymphocyte),
    (0.18, _hyperchromatic),
    (0.20, _smudged),
)


def _pink_cytoplasm(canvas: Canvas, rng: Generator, patch: Patch, radius: float) -> None:
    """A shrunken, strongly pink cell that has retracted from its neighbours."""
    inside = outline(rng, patch, radius, radius * rng.uniform(0.85, 1.0), rng.uniform(0, np.pi), 0.04)
    if rng.uniform() < 0.5:
        canvas.dilute(patch, cover(inside + np.float32(rng.uniform(0.3, 1.0)), 0.8), 0.25, 0.25)
    canvas.paint(patch, cover(inside, 0.7), 0.17, rng.uniform(0.68, 1.0) + 0.09 * patch.noise(rng, 0.8))
