"""Squares of tissue around points."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from mitosis.errors import InputError

BORDERS = {"reflect": cv2.BORDER_REFLECT_101, "black": cv2.BORDER_CONSTANT}


@dataclass(frozen=True)
class CropSettings:
    """What a classifier sees of a candidate: a recipe's ``crop``.

    ``side_um``: side of the square in µm. ``pixels``: its side as the network sees it. ``border``: reflect or black.
    """

    side_um: float
    pixels: int
    border: Literal["reflect", "black"]


def crop(
    image: UInt8[np.ndarray, "height width 3"],
    point: tuple[float, float],
    *,
    side_um: float,
    mpp: float,
    pixels: int,
    border: str,
) -> UInt8[np.ndarray, "{pixels} {pixels} 3"]:
    """A square of tissue around a point, (pixels, pixels, 3) uint8, sampled bilinearly.

    ``image``: (H, W, 3) uint8 RGB of any size; ``point``: x, y in its pixels, where whole numbers are pixels' centres;
    it becomes the crop's centre, (pixels - 1) / 2. ``side_um``: the square's side in µm; ``mpp``: µm per pixel of
    ``image``. ``border``: what lies outside the image, its reflection or black (SCMitosis Figure 10).
    Raises InputError for another border or a size that is not positive, ValueError for a point that is not finite.

    Three pixels of 1 µm round the pixel (0, 0): its right and lower neighbours appear reflected to the left and above.

    >>> import numpy as np
    >>> image = np.arange(12, dtype=np.uint8).reshape(3, 4, 1).repeat(3, axis=2)
    >>> crop(image, (0, 0), side_um=3.0, mpp=1.0, pixels=3, border="reflect")[..., 0].tolist()
    [[5, 4, 5], [1, 0, 1], [5, 4, 5]]
    """
    if border not in BORDERS:
        raise InputError(f"border={border}: give reflect or black")
    if not (side_um > 0 and mpp > 0 and pixels > 0):
        raise InputError(f"a crop of {side_um} µm at {mpp} µm/px into {pixels} pixels: all three must be positive")
    if not np.isfinite(point).all():
        raise ValueError(f"the crop's centre is {tuple(point)}")
    scale = side_um / mpp / pixels
    x, y = (coordinate - scale * (pixels - 1) / 2 for coordinate in point)
    matrix = np.array([[scale, 0, x], [0, scale, y]], dtype=np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, matrix, (pixels, pixels), flags=flags, borderMode=BORDERS[border], borderValue=0)
