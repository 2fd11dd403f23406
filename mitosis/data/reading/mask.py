"""Mitoses from a mask: its connected components."""

from pathlib import Path

import numpy as np
from skimage.measure import label, regionprops

from mitosis.errors import InputError
from mitosis.image.file import read_mask
from mitosis.label.annotation import Labels, filled

VALUES = 4
"""Most values that one mitosis of a mask has: its number or its class, and those of some that touch it."""


def components(mask: np.ndarray) -> list[np.ndarray]:
    """The 8-connected components of a (H, W) bool mask as (n, 2) int32 arrays of x, y, in order of their first rows."""
    return [region.coords[:, ::-1].astype(np.int32) for region in regionprops(label(mask, connectivity=2))]


def read(path: Path, image: str, size: tuple[int, int]) -> tuple[Labels, str]:
    """Read a mask's components as mitoses of ``image``, of ``size`` (height, width); every non-black pixel counts.

    Also returns a remark on mitoses of many grey values, which come from a JPEG or a smoothed edge; empty if there are
    none. Raises ``InputError`` as ``read_mask``, for another size, and for a JPEG, whose black is not quite black.
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
    remark = f"{path} ({grey} of {len(parts)} mitoses)" if grey else ""
    return Labels(tuple(filled(image, True, part) for part in parts), {image: size}), remark
