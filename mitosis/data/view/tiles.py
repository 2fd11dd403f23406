"""Square tiles of the fields, on which the segmenter is trained."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field
from mitosis.data.view.fields import image_tensor, mask_tensor
from mitosis.errors import InputError

Augment = Callable[[np.ndarray, np.ndarray | None, int], tuple[np.ndarray, np.ndarray | None]]

# A tile is cut this much larger, augmented, and then cut to size, so that it shows tissue and no reflection in every
# corner even after a rotation by 45° and a rescaling by 0.8.
MARGIN = math.sqrt(2) / 0.8


class TileView(Dataset[dict[str, Any]]):
    """Training tiles, mixed as in SCMitosis (section 4.1.3): centred on mitoses, from a sliding window, and random.

    Windows lie within the field. A field smaller than a tile is centred in it and extended by reflection.

    A key is (epoch, index), as ``EpochSampler`` yields it. An item depends only on (``seed``, epoch, index):
    {"image": (3, size, size) float32 in [0, 1], "mask": (1, size, size) float32 with the values of ``mask_value``}.

    Args:
        fields: The training fields.
        augment: Called with (image, mask, seed) on a tile with a margin.
        size: Side of a tile in pixels.
        mpp: µm per pixel of a tile, to which it is resampled after the augmentation; None for each field's own.
        overlap: Overlap in pixels of the windows of the sliding grid; the last window ends at the field's edge.
        positives: Share of samples centred on a mitosis, in [0, 1]; all mitoses are equally likely.
        sliding: Share of the other samples taken from the sliding grid, in [0, 1]; the rest is placed at random.
        jitter: Maximum shift of a tile centred on a mitosis, in x and in y, in pixels.
        samples: Number of samples per epoch.
        seed: Seed of the samples.

    Raises:
        InputError: ``overlap`` or ``jitter`` does not fit ``size``, there are no fields, or ``positives`` is above 0
            but the fields have no mitosis.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        augment: Augment,
        *,
        size: int = 256,
        mpp: float | None = None,
        overlap: int = 32,
        positives: float = 0.5,
        sliding: float = 0.5,
        jitter: int = 64,
        samples: int,
        seed: int,
    ) -> None:
        if not 0 <= overlap < size:
            raise InputError(f"overlap={overlap}: windows of size={size} pixels overlap by 0 to {size - 1}")
        if not 0 <= jitter < size / 2:
            raise InputError(f"jitter={jitter} moves the mitosis out of its tile: stay below half of size={size}")
        self._fields, self._augment, self._samples, self._seed = fields, augment, samples, seed
        self._size, self._positives, self._sliding = size, positives, sliding
        steps = [1.0 if mpp is None else mpp / item.record.mpp for item in fields]
        self._sides, self._jitters = ([round(length * step) for step in steps] for length in (size, jitter))
        self._mitoses = [
            (field, x, y) for field, item in enumerate(fields) for x, y in item.record.centroids.round().astype(int)
        ]
        self._grid = [
            (field, x, y)
            for field, item in enumerate(fields)
            for y in _starts(item.image.shape[0], self._sides[field], round((size - overlap) * steps[field]))
            for x in _starts(item.image.shape[1], self._sides[field], round((size - overlap) * steps[field]))
        ]
        if not self._grid:
            raise InputError("the training part of this fold has no fields: choose another fold")
        if positives > 0 and not self._mitoses:
            raise InputError(
                f"no mitosis in the {len(fields)} training fields: choose another fold, or view.train.positives=0"
            )

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, *key])
        index, x, y = self._window(rng)
        field, inside = self._fields[index], self._sides[index]
        margin = math.ceil(inside * (MARGIN - 1) / 2)
        side = inside + 2 * margin
        image = _cut(field.image, x - margin, y - margin, side)
        mask = _cut(field.mask, x - margin, y - margin, side)
        image, mask = self._augment(image, mask, int(rng.integers(2**32)))
        assert mask is not None
        inner = slice(margin, margin + inside)
        image, mask = image[inner, inner], mask[inner, inner]
        if inside != self._size:
            size = (self._size, self._size)
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if inside > self._size else cv2.INTER_LINEAR)
            mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return {"image": image_tensor(image), "mask": mask_tensor(mask)}

    def _window(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Draw a window: its field's index and its left and upper edge."""
        if rng.random() < self._positives:
            field, x, y = self._mitoses[rng.integers(len(self._mitoses))]
            jitter, side = self._jitters[field], self._sides[field]
            dx, dy = rng.integers(-jitter, jitter, size=2, endpoint=True)
            height, width = self._fields[field].mask.shape
            return field, _clip(x + dx - side // 2, width, side), _clip(y + dy - side // 2, height, side)
        # A window of the grid also chooses the field of a random tile, so that fields are weighted by area.
        field, x, y = self._grid[rng.integers(len(self._grid))]
        if rng.random() < self._sliding:
            return field, x, y
        height, width = self._fields[field].mask.shape
        return field, _anywhere(rng, width, self._sides[field]), _anywhere(rng, height, self._sides[field])


def _starts(length: int, size: int, stride: int) -> list[int]:
    """Start positions of the sliding grid's windows along an axis; the last window ends at the end of the axis."""
    if length <= size:
        return [(length - size) // 2]
    return [*range(0, length - size, stride), length - size]


def _clip(start: int, length: int, size: int) -> int:
    return (length - size) // 2 if length <= size else int(np.clip(start, 0, length - size))


def _anywhere(rng: np.random.Generator, length: int, size: int) -> int:
    return (length - size) // 2 if length <= size else int(rng.integers(length - size, endpoint=True))


def _cut(array: np.ndarray, x: int, y: int, side: int) -> np.ndarray:
    """The square of ``side`` pixels with the upper left corner (x, y); beyond the array it is filled by reflection."""
    height, width = array.shape[:2]
    inside = array[max(y, 0) : min(y + side, height), max(x, 0) : min(x + side, width)]
    above, left = max(-y, 0), max(-x, 0)
    below, right = max(y + side - height, 0), max(x + side - width, 0)
    return cv2.copyMakeBorder(np.asarray(inside), above, below, left, right, cv2.BORDER_REFLECT_101)
