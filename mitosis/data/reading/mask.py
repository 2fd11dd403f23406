"""Mitoses from a mask: its connected components."""

from pathlib import Path

import numpy as np
from skimage.measure import label, regionprops

from mitosis.errors import InputError
from mitosis.image.file import read_mask
from mitosis.label.annotation import Labels, filled


def components(mask: np.ndarray) -> list[np.ndarray]:
    """The 8-connected components of a (H, W) bool mask as (n, 2) int32 arrays of x, y, in order of their first rows."""
    return [region.coords[:, ::-1].astype(np.int32) for region in regionprops(label(mask, connectivity=2))]


def read(path: Path, image: str, size: tuple[int, int]) -> Labels:
    """Read a mask's components as mitoses of ``image``, of ``size`` (height, width); every non-black pixel counts.

    Raises ``InputError`` as ``read_mask``, for another size, and for a JPEG, whose black is not quite black.
    """
    if path.suffix.lower() in (".jpg", ".jpeg"):
        raise InputError(f"{path}: a JPEG's black is not quite black; save masks as .png")
    mask = read_mask(path)
    if mask.shape != size:
        shapes = " and ".join(f"{width} x {height}" for height, width in (mask.shape, size))
        raise InputError(f"{path}: the mask and {image} are {shapes} pixels (width x height); they must be the same")
    cells = [filled(image, True, part) for part in components(mask)]
    return Labels(tuple(cells), {image: size})
