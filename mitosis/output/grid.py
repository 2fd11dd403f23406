"""Pictures arranged in a grid."""

from collections.abc import Sequence

import numpy as np


def grid(parts: Sequence[np.ndarray], *, columns: int) -> np.ndarray:
    """Arrange pictures of equal size in rows of ``columns``, with white gaps and white empty cells."""
    height, width = parts[0].shape[:2]
    rows, gap = -(-len(parts) // columns), 4
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for index, part in enumerate(parts):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        whole[top : top + height, left : left + width] = part
    return whole
