"""Square tiles at one resolution, turned, mirrored and scaled as they are cut, on which a segmenter is trained."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field
from mitosis.data.view.fields import image_tensor, mask_tensor
from mitosis.data.view.placement import Placement, cut
from mitosis.data.view.tiles import Augment
from mitosis.errors import InputError

HARD = 1 << 16
"""Most hard points that a view keeps."""


class TurnedTileView(Dataset[dict[str, Any]]):
    """Training tiles around mitoses, around hard points (labelled look-alikes and mined false alarms), and anywhere.

    Every tile is cut by one affine map: any rotation, mirrored or not, rescaled, at ``mpp``. The hard points lie in
    shared memory, so that worker processes see those that ``set_hard`` adds between two epochs.

    A key is (epoch, index), as ``EpochSampler`` yields it. An item depends only on (``seed``, epoch, index) and on the
    hard points: {"image": (3, size, size) float32 in [0, 1], "mask": (1, size, size) float32 with the values of
    ``mask_value``}.

    Args:
        fields: The training fields.
        augment: Called with (image, mask, seed) on a tile; its geometry must stay.
        size: Side of a tile in pixels.
        mpp: µm per pixel of a tile; None for each field's own.
        positives: Share of tiles around a mitosis, in [0, 1]; all mitoses are equally likely.
        hard: Share of tiles around a hard point; without hard points they are placed anywhere.
        jitter: Maximum shift of a tile around a point in x and in y, as a share of its side, below 0.5.
        scale: Range of the rescaling factor.
        samples: Number of samples per epoch.
        seed: Seed of the samples.

    Raises:
        InputError: A share or ``jitter`` is out of range, there are no fields, or ``positives`` is above 0 but the
            fields have no mitosis.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        augment: Augment,
        *,
        size: int = 256,
        mpp: float | None = None,
        positives: float = 0.5,
        hard: float = 0.25,
        jitter: float = 0.3,
        scale: Sequence[float] = (0.8, 1.25),
        samples: int,
        seed: int,
    ) -> None:
        if not (positives >= 0 and hard >= 0 and positives + hard <= 1):
            raise InputError(f"positives={positives} and hard={hard}: give shares of the tiles, together at most 1")
        if not 0 <= jitter < 0.5:
            raise InputError(f"jitter={jitter} moves the mitosis out of its tile: give a share of its side below 0.5")
        if not fields:
            raise InputError("the training part of this fold has no fields: choose another fold")
        self._fields, self._augment, self._samples, self._seed = fields, augment, samples, seed
        self._size, self._mpp, self._shares = size, mpp, (positives, positives + hard)
        self._jitter, self._scale = jitter, (float(scale[0]), float(scale[1]))
        self._mitoses = [(index, x, y) for index, item in enumerate(fields) for x, y in item.record.centroids]
        area = np.array([np.prod(item.record.size) * item.record.mpp**2 for item in fields], dtype=np.float64)
        self._area = np.cumsum(area / area.sum())
        if positives > 0 and not self._mitoses:
            raise InputError(
                f"no mitosis in the {len(fields)} training fields: choose another fold, or view.train.positives=0"
            )
        self._hard = torch.zeros(HARD, 3, dtype=torch.float32).share_memory_()
        self._count = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.set_hard({})

    def set_hard(self, mined: Mapping[str, np.ndarray]) -> None:
        """Replace the mined points; the labelled look-alikes stay.

        Args:
            mined: Field name → (n, 2) x, y in pixels of the field.
        """
        rows = [
            (index, x, y)
            for index, item in enumerate(self._fields)
            for x, y in np.concatenate([item.record.hard_negatives, mined.get(item.record.field, np.zeros((0, 2)))])
        ][:HARD]
        self._count[0] = len(rows)
        if rows:
            self._hard[: len(rows)] = torch.tensor(rows, dtype=torch.float32)

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, *key])
        index, placement = self._placement(rng)
        field = self._fields[index]
        image = cut(field.image, placement, self._size)
        mask = cut(field.mask, placement, self._size, nearest=True)
        image, mask = self._augment(image, mask, int(rng.integers(2**32)))
        assert mask is not None
        return {"image": image_tensor(image), "mask": mask_tensor(mask)}

    def _placement(self, rng: np.random.Generator) -> tuple[int, Placement]:
        """Draw a tile: the index of its field and where it lies."""
        kind, count, x, y = rng.random(), int(self._count), 0.0, 0.0
        if kind < self._shares[0]:
            index, x, y = self._mitoses[rng.integers(len(self._mitoses))]
            around = True
        elif kind < self._shares[1] and count:
            index, x, y = self._hard[int(rng.integers(count))].tolist()
            around = True
        else:
            index = min(int(np.searchsorted(self._area, rng.random(), side="right")), len(self._fields) - 1)
            around = False
        record = self._fields[int(index)].record
        step = (1.0 if self._mpp is None else self._mpp / record.mpp) / rng.uniform(*self._scale)
        height, width = record.size
        if around:
            x, y = np.array([x, y]) + rng.uniform(-self._jitter, self._jitter, 2) * self._size * step
        else:
            x, y = rng.uniform(0, 1, 2) * np.array([width - 1, height - 1])
        half = self._size * step / 2
        x, y = (min(max(v, min(half, n / 2)), max(n - half, n / 2)) for v, n in ((x, width), (y, height)))
        return int(index), Placement(x, y, step, rng.uniform(0, 2 * np.pi), bool(rng.random() < 0.5))
