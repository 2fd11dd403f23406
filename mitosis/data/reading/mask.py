"""Mitoses from a mask: its connected components."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from skimage.measure import label, regionprops

from mitosis.errors import InputError
from mitosis.image.file import read_mask
from mitosis.label.annotation import Labels, filled

VALUES = 4
"""Most values that one mitosis of a mask has: its number or its class, and those of some that touch it."""


GREY = "have masks of many grey values, as from a JPEG; all that is not black counts"
SEVERAL = (
    "have masks of several values, as of classes or of numbered cells; each counts as a mitosis, and what touches as"
    " one"
)


class Masked(NamedTuple):
    """What a mask holds. ``grey``, ``several``: the file if ``GREY`` or ``SEVERAL`` is true of it, else empty."""

    labels: Labels
    grey: str
    several: str


def components(mask: np.ndarray) -> list[np.ndarray]:
    """The 8-connected components of a (H, W) bool mask as (n, 2) int32 arrays of x, y, in order of their first rows."""
    return [region.coords[:, ::-1].astype(np.int32) for region in regionprops(label(mask, connectivity=2))]


def read(path: Path, image: str, size: tuple[int, int]) -> Masked:
    """Read a mask's components as mitoses of ``image``, of ``size`` (height, width); every non-black pixel counts.

    Many grey values in a mitosis come from a JPEG or a smoothed edge, a few in a mask from classes or numbers.
    Raises ``InputError`` as ``read_mask``, for another size, and for a JPEG, whose black is not quite black.
    """
    if path.suffix.lower() in (".jpg", ".jpeg"):
        raise InputError(f"{path}: a JPEG's black is not quite black; save masks as .png")
    values = read_mask(path)
    mask = values != 0
    if mask.shape != size:
        shapes = " and ".join(f"{width} x {height}" for height, width in (mask.shape, size))
        raise InputError(f"{path}: the mask and {image} are {shapes} pixels (width x height); they must be the same")
    parts = components(mask)
    grey = sum(len(np.unique(values[part[:, 1], part[:, 0]])) > VALUES for part in parts)
    count = len(np.unique(values[mask]))
    labels = Labels(tuple(filled(image, True, part) for part in parts), {image: size})
    return Masked(
        labels,
        f"{path} ({grey} of {len(parts)} mitoses)" if grey else "",
        f"{path} ({count} values)" if count > 1 and not grey else "",
    )
