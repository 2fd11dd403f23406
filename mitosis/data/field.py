"""A record with its pixels at hand: what views, cache and cascade work on."""

from dataclasses import dataclass

import numpy as np

from mitosis.data.record import Record


@dataclass(frozen=True, eq=False)
class Field:
    """A record with its pixels at hand.

    ``image``: (H, W, 3) uint8 RGB, stain-normalised. ``mask``: (H, W) uint8 as ``Record.mask`` gives it.
    """

    record: Record
    image: np.ndarray
    mask: np.ndarray
