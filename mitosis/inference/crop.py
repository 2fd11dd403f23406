"""Square crops around points."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from mitosis.errors import InputError

BORDERS = {"reflect": cv2.BORDER_REFLECT_101, "black": cv2.BORDER_CONSTANT}


@dataclass(frozen=True)
class CropSettings:
    """The crop around a candidate that the classifier receives: the recipe's ``crop``.

    Attributes:
        side_um: Side of the square in µm.
        pixels: Side of the square in pixels at the network's input.
        border: ``reflect`` or ``black``, for the area outside the image.
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
    """Cut a square crop around a point, with bilinear sampling.

    Args:
        image: (H, W, 3) uint8 RGB of any size.
        point: x, y in pixels, where integers are pixel centres. It maps to the centre of the crop, (pixels - 1) / 2.
        side_um: Side of the square in µm.
        mpp: µm per pixel of ``image``.
        pixels: Side of the crop in pixels.
        border: Fill outside the image: its reflection or black.

    Returns:
        (pixels, pixels, 3) uint8.

    Raises:
        InputError: The border is unknown, or a size is not positive.
        ValueError: The point is not finite.

    Source:
        SCMitosis (Figure 10).

    A crop of 3 × 3 pixels of 1 µm around pixel (0, 0): its right and lower neighbours are mirrored to the left and top.

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
