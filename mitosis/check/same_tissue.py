"""Finds fields that show the same tissue, across datasets, scanners and resolutions."""

from collections.abc import Mapping, Sequence
from itertools import combinations, permutations, product
from typing import NamedTuple

import cv2
import numpy as np
from rich.progress import track
from scipy import fft

from mitosis.check.check import Finding, finding
from mitosis.data.fold.lists import FoldLists
from mitosis.data.record import Record

SIDE_UM, STEP_UM = 96, 48
"""Side of the squares that are searched for, and the distance from one to the next."""
COARSE_UM, FINE_UM = 4, 1
"""µm per pixel at which squares are searched for, and at which a find is verified."""
COARSE, FINE = 0.6, 0.65
"""Minimum correlation at either resolution. At 1 µm, glass scanned on two machines gives 0.88 to 0.96, other tissue at
most 0.44."""
REACH_UM = 8
"""How far off a find may be at the coarse resolution."""
DETAIL_UM = 24
"""What is larger than this (standard deviation of a Gaussian) is not compared: all edges of tissue look alike."""
FLAT = 3.0
"""A place whose grey values have a smaller standard deviation is background, which looks alike on all slides."""

Place = tuple[int, int]
"""Row and column of a square's upper left corner, in pixels of ``COARSE_UM``."""


class Match(NamedTuple):
    """Two fields that show the same tissue, and the correlation of a square in both, at 1 µm per pixel."""

    one: Record
    other: Record
    correlation: float


def check_tissue(sets: Mapping[str, Sequence[Record]], lists: FoldLists) -> list[Finding]:
    """Check that no fold trains on tissue that it validates or tests on, shown by a field of another dataset.

    Args:
        sets: The fields of each dataset, with their patients as cases.
        lists: The folds.
    """
    matches = [match for one, other in combinations(sets.values(), 2) for match in same_tissue(one, other)]
    parted = [
        f"{match.one.field} of case {match.one.case} and {match.other.field} of case {match.other.case}, correlation"
        f" {match.correlation:.2f}; give both one patient in data.patients=FILE.csv"
        for match in matches
        if match.one.case != match.other.case
    ]
    learned: dict[str, list[str]] = {"val": [], "test": []}
    for (fold, parts), part in product(lists.items(), learned):
        train, held_out = set(parts["train"]), set(parts[part])
        for match in matches:
            for one, other in permutations((match.one.field, match.other.field)):
                if one in held_out and other in train:
                    learned[part].append(f"fold {fold}: {one} is shown by {other}")
    return [
        finding("same tissue in two patients of two datasets", "error", parted),
        finding("tissue of a test field in train", "error", learned["test"]),
        finding("tissue of a val field in train", "warning", learned["val"]),
    ]


def same_tissue(ones: Sequence[Record], others: Sequence[Record]) -> list[Match]:
    """Find the pairs of a field of ``ones`` and a field of ``others`` that show the same tissue.

    Squares of the one field are searched for in the other by the normalised cross-correlation of grey values, which
    brightness, contrast and compression do not change, and the stain hardly. Tissue is found if the fields share at
    least 144 µm x 144 µm of it and neither shows it rotated or mirrored. Each field is read once, and again for each
    find.

    Args:
        ones: The fields of one dataset.
        others: The fields of another one.

    Returns:
        The matches, in the order of the fields.
    """
    grounds = [Ground(detail_at(other, COARSE_UM)) for other in track(others, "reading tissue")]
    matches = []
    for one in track(ones, "comparing tissue"):
        squares = Squares(detail_at(one, COARSE_UM))
        bests = [squares.best(ground) for ground in grounds]
        found = [(other, best) for other, best in zip(others, bests, strict=True) if best[0] >= COARSE]
        fine = detail_at(one, FINE_UM) if found else None
        for other, (_, square, place) in found:
            assert fine is not None
            correlation = verified(fine, detail_at(other, FINE_UM), square, place)
            if correlation >= FINE:
                matches.append(Match(one, other, correlation))
    return matches


def detail_at(record: Record, um: float) -> np.ndarray:
    """The detail of a field at ``um`` µm per pixel: its grey values less their local mean, (h, w) float32."""
    height, width = (max(1, round(side * record.mpp / um)) for side in record.size)
    grey = cv2.cvtColor(record.read(), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - cv2.GaussianBlur(small, (0, 0), DETAIL_UM / um, borderType=cv2.BORDER_REFLECT)


class Ground:
    """A coarse field in which squares are searched for.

    Args:
        image: As ``detail_at`` returns it, at ``COARSE_UM``.
    """

    def __init__(self, image: np.ndarray) -> None:
        side = SIDE_UM // COARSE_UM
        self.size = image.shape[0] - side + 1, image.shape[1] - side + 1  # of the places where a square fits
        self.shape = tuple(cv2.getOptimalDFTSize(length) for length in image.shape)
        self.spectrum = np.asarray(fft.rfft2(image, self.shape))
        sums = (cv2.integral(part.astype(np.float64)) for part in (image, image**2))
        sums = [s[side:, side:] - s[:-side, side:] - s[side:, :-side] + s[:-side, :-side] for s in sums]
        variance = (sums[1] - sums[0] ** 2 / side**2) / side**2
        self.length = np.where(variance < FLAT**2, np.inf, side * np.sqrt(variance.clip(0))).astype(np.float32)


class Squares:
    """The squares of a coarse field that show more than background, on a grid from its upper left corner.

    Args:
        image: As ``detail_at`` returns it, at ``COARSE_UM``.
    """

    def __init__(self, image: np.ndarray) -> None:
        side, step = SIDE_UM // COARSE_UM, STEP_UM // COARSE_UM
        rows, columns = (range(0, length - side + 1, step) for length in image.shape)
        cut = {(y, x): image[y : y + side, x : x + side] for y in rows for x in columns}
        cut = {place: square - square.mean() for place, square in cut.items() if square.std() >= FLAT}
        self.places: list[Place] = list(cut)
        self.values = np.array([square / np.linalg.norm(square) for square in cut.values()], np.float32)
        self.spectra: dict[tuple[int, ...], np.ndarray] = {}

    def best(self, ground: Ground) -> tuple[float, Place, Place]:
        """The highest correlation with a place of ``ground``, the square and the place; (-1, …) if none fits."""
        if not self.places or min(ground.size) < 1:
            return -1.0, (0, 0), (0, 0)
        if ground.shape not in self.spectra:
            self.spectra[ground.shape] = np.asarray(fft.rfft2(self.values, ground.shape)).conj()
        products = np.asarray(fft.irfft2(self.spectra[ground.shape] * ground.spectrum, ground.shape))
        correlation = products[:, : ground.size[0], : ground.size[1]] / ground.length
        number, row, column = np.unravel_index(correlation.argmax(), correlation.shape)
        return float(correlation[number, row, column]), self.places[number], (int(row), int(column))


def verified(one: np.ndarray, other: np.ndarray, square: Place, place: Place) -> float:
    """The correlation at the fine resolution of a square of ``one`` with the best place near ``place`` in ``other``.

    ``one`` and ``other`` are as ``detail_at`` returns them, at ``FINE_UM``.
    """
    scale, side, reach = COARSE_UM // FINE_UM, SIDE_UM // FINE_UM, REACH_UM // FINE_UM
    top, left = (start * scale for start in square)
    cut = one[top : top + side, left : left + side]
    top, left = (max(0, start * scale - reach) for start in place)
    near = other[top : top + side + 2 * reach, left : left + side + 2 * reach]
    if any(a < b for a, b in zip(near.shape, cut.shape, strict=True)):
        cut = cut[: near.shape[0], : near.shape[1]]
    return float(cv2.matchTemplate(near, cut, cv2.TM_CCOEFF_NORMED).max())
