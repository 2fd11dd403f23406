"""Square samples of a field cut by one affine map: rotation, mirror, scale and resolution at once."""

from dataclasses import dataclass

import cv2
import numpy as np

from mitosis.inference.crop import BORDERS


@dataclass(frozen=True)
class Placement:
    """Where a square sample lies in a field.

    Attributes:
        x: Column of its centre in pixels of the field.
        y: Row of its centre.
        step: Pixels of the field per pixel of the sample.
        angle: Rotation in radians.
        mirror: Whether it is mirrored.
    """

    x: float
    y: float
    step: float
    angle: float = 0.0
    mirror: bool = False

    def matrix(self, side: int) -> np.ndarray:
        """(2, 3) float64: pixels x, y of a sample of ``side`` pixels to pixels of the field."""
        cosine, sine = self.step * np.cos(self.angle), self.step * np.sin(self.angle)
        linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([-1.0 if self.mirror else 1.0, 1.0])
        middle = np.full(2, (side - 1) / 2)
        return np.column_stack([linear, np.array([self.x, self.y]) - linear @ middle])


def cut(
    array: np.ndarray, placement: Placement, side: int, *, nearest: bool = False, border: str = "reflect"
) -> np.ndarray:
    """Cut a square sample from a field.

    Where the sample is coarser than the field, the field is first smoothed so that nothing aliases.

    Args:
        array: (H, W) or (H, W, 3) uint8.
        placement: Where the sample lies.
        side: Its side in pixels.
        nearest: Take the nearest pixel, as for a mask, instead of interpolating bilinearly.
        border: Fill beyond the field: its reflection (``reflect``) or ``black``.

    Returns:
        (side, side) or (side, side, 3) uint8.
    """
    matrix = placement.matrix(side)
    corners = np.array([[0, 0, 1], [side - 1, 0, 1], [0, side - 1, 1], [side - 1, side - 1, 1]]) @ matrix.T
    height, width = array.shape[:2]
    reach = 2 + int(np.ceil(2 * placement.step))
    # The part of the field that the sample needs; at least one pixel of it, to reflect.
    left, top = (
        int(np.clip(np.floor(v) - reach, 0, n - 1)) for v, n in zip(corners.min(0), (width, height), strict=True)
    )
    right, bottom = (
        int(np.clip(np.ceil(v) + reach + 1, edge + 1, n))
        for v, edge, n in zip(corners.max(0), (left, top), (width, height), strict=True)
    )
    part = np.ascontiguousarray(array[top:bottom, left:right])
    matrix = matrix - np.array([[0, 0, left], [0, 0, top]])
    if nearest:
        return _warp(part, matrix, side, cv2.INTER_NEAREST, border)
    if placement.step > 1.25:
        # Halving by area is exact for even steps, and the rest is interpolated.
        factor = min(placement.step, 8.0)
        size = tuple(max(1, round(n / factor)) for n in part.shape[1::-1])
        scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        # Pixel centres: (x + 1/2) scales, x does not.
        matrix = matrix * scale[:, None] + np.array([[0, 0, v / 2 - 0.5] for v in scale])
    return _warp(part, matrix, side, cv2.INTER_LINEAR, border)


def _warp(part: np.ndarray, matrix: np.ndarray, side: int, interpolation: int, border: str) -> np.ndarray:
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, matrix, (side, side), flags=flags, borderMode=BORDERS[border])
