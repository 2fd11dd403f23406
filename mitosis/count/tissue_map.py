"""Where an image holds tissue, at a low resolution, and how much."""

from dataclasses import dataclass

import cv2
import numpy as np

from mitosis.count.window import Window
from mitosis.image.tissue import is_tissue

CELL_UM = 8.0
"""Side of the pixels on which tissue is told from glass: gaps between cells count as tissue, lumina and fat do not."""


@dataclass(frozen=True, eq=False)
class TissueMap:
    """The analysed tissue of an image.

    Attributes:
        mask: (h, w) bool, where there is tissue that was analysed; it covers the whole image.
        size: (height, width) of the image in pixels.
        mpp: µm per pixel of the image.
    """

    mask: np.ndarray
    size: tuple[int, int]
    mpp: float

    @property
    def area_mm2(self) -> float:
        """The area of the tissue in mm²."""
        return float(self.mask.mean()) * self.size[0] * self.size[1] * self.mpp**2 / 1e6

    def area_within_mm2(self, window: Window) -> float:
        """The area of the tissue in a window, whose unit is a pixel of the image, in mm²."""
        step = np.array(self.size) / self.mask.shape
        rows, columns = np.nonzero(self.mask)
        centres = np.column_stack([(columns + 0.5) * step[1] - 0.5, (rows + 0.5) * step[0] - 0.5])
        return float(window.holds(centres).sum() * step.prod() * self.mpp**2 / 1e6)


def tissue_map(image: np.ndarray, mpp: float) -> TissueMap:
    """The tissue of an image.

    Args:
        image: (H, W, 3) uint8 RGB.
        mpp: µm per pixel.

    Returns:
        Its map, on pixels of about ``CELL_UM``.
    """
    height, width = image.shape[:2]
    rows, columns = (max(1, round(side * mpp / CELL_UM)) for side in (height, width))
    coarse = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    return TissueMap(is_tissue(coarse), (height, width), mpp)
