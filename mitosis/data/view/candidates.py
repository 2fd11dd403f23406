"""Crops around candidates, the classifier's input."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.data.view.fields import image_tensor
from mitosis.data.view.pools import pools_of
from mitosis.data.view.tiles import Augment
from mitosis.inference.crop import crop

# A crop is taken this much wider, augmented, and then cut to size, so that it shows tissue in every corner even after a
# rotation by 45°, a rescaling by 0.9 and a shift by 3 %.
MARGIN = 1.75


class CandidateView(Dataset[dict[str, Any]]):
    """Training crops for the classifier, the second stage of SCMitosis (section 3.2).

    Positives are the candidates labelled 1 and a crop around the centroid of every annotated mitosis; negatives are the
    candidates labelled 0 and the annotated look-alikes, of which the paper's datasets have none. Candidates labelled −1
    are not used. If there are no negatives, points on a grid away from all mitoses replace them, with a warning.

    A key is (epoch, index), as ``EpochSampler`` yields it. An item depends only on (``seed``, epoch, index):
    {"image": (3, pixels, pixels) float32 in [0, 1], "label": int64, 1 = mitosis}.

    Args:
        fields: The training fields.
        candidates: Field name → its candidates; a field may be missing.
        augment: Called with (image, None, seed) on a crop with a margin.
        side_um: Side of the crop in µm.
        pixels: Side in pixels to which the crop is resized.
        border: How to fill a crop beyond the field: ``reflect``, or ``black`` as in the paper.
        positives: Share of positive samples, in [0, 1].
        jitter_um: Maximum shift of a crop's centre in x and in y, in µm.
        samples: Number of samples per epoch.
        seed: Seed of the samples.

    Raises:
        InputError: There is no positive to learn from, or nothing else.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        candidates: Mapping[str, Sequence[CandidateRow]],
        augment: Augment,
        *,
        side_um: float = 16.0,
        pixels: int = 128,
        border: Literal["reflect", "black"] = "reflect",
        positives: float = 0.5,
        jitter_um: float = 1.0,
        samples: int,
        seed: int,
    ) -> None:
        self._augment, self._samples, self._seed = augment, samples, seed
        self._side_um, self._pixels = side_um, pixels
        self._border: Literal["reflect", "black"] = border
        self._share, self._jitter_um = positives, jitter_um
        self._pools = pools_of(fields, candidates, side_um=side_um)

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, *key])
        label = int(rng.random() < self._share)
        pool = self._pools.positives if label else self._pools.negatives
        field, point = pool[rng.integers(len(pool))]
        x, y = point + rng.uniform(-self._jitter_um, self._jitter_um, size=2) / field.record.mpp
        margin = math.ceil(self._pixels * (MARGIN - 1) / 2)
        wide = self._pixels + 2 * margin
        image = crop(
            field.image,
            (x, y),
            side_um=self._side_um * wide / self._pixels,
            mpp=field.record.mpp,
            pixels=wide,
            border=self._border,
        )
        image, _ = self._augment(image, None, int(rng.integers(2**32)))
        inner = slice(margin, margin + self._pixels)
        return {"image": image_tensor(image[inner, inner]), "label": torch.tensor(label)}


class CandidateFieldView(Dataset[dict[str, Any]]):
    """All candidates of one field per item, for validation and test.

    An item is {"field": its name, "images": (n, 3, pixels, pixels) float32 in [0, 1], "points": (n, 2) float64 x, y,
    "labels": (n,) int64, "mpp": µm per pixel, "centroids": (k, 2) float64 x, y of the annotated mitoses}; n may be 0.
    Load it with ``batch_size=1, collate_fn=single``.

    The arguments are as for ``CandidateView``.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        candidates: Mapping[str, Sequence[CandidateRow]],
        *,
        side_um: float = 16.0,
        pixels: int = 128,
        border: Literal["reflect", "black"] = "reflect",
    ) -> None:
        self._fields, self._candidates = fields, candidates
        self._side_um, self._pixels = side_um, pixels
        self._border: Literal["reflect", "black"] = border

    def __len__(self) -> int:
        return len(self._fields)

    def __getitem__(self, index: int) -> dict[str, Any]:
        field = self._fields[index]
        record = field.record
        rows = self._candidates.get(record.field, ())
        points = np.array([(row.x, row.y) for row in rows], dtype=np.float64).reshape(-1, 2)
        images = np.zeros((len(rows), self._pixels, self._pixels, 3), dtype=np.uint8)
        for image, (x, y) in zip(images, points, strict=True):
            image[:] = crop(
                field.image, (x, y), side_um=self._side_um, mpp=record.mpp, pixels=self._pixels, border=self._border
            )
        return {
            "field": record.field,
            "images": image_tensor(images),
            "points": torch.from_numpy(points),
            "labels": torch.tensor([row.label for row in rows], dtype=torch.int64),
            "mpp": record.mpp,
            "centroids": torch.from_numpy(record.centroids),
        }
