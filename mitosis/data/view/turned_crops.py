"""Crops around candidates, turned, mirrored and scaled as they are cut, on which a classifier is trained."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.data.view.fields import image_tensor
from mitosis.data.view.placement import Placement, cut
from mitosis.data.view.pools import Pool, elsewhere, pools_of
from mitosis.data.view.tiles import Augment


class TurnedCropView(Dataset[dict[str, Any]]):
    """Training crops for the classifier: mitoses, and what a segmenter or an annotator took for one.

    Positives are the annotated mitoses and the candidates labelled 1. Negatives are the candidates labelled 0, the
    annotated look-alikes, and a few points of plain tissue. Candidates labelled −1 are not used. Every crop is cut by
    one affine map: any rotation, mirrored or not, rescaled and shifted.

    A key is (epoch, index), as ``EpochSampler`` yields it. An item depends only on (``seed``, epoch, index):
    {"image": (3, pixels, pixels) float32 in [0, 1], "label": int64, 1 = mitosis}.

    Args:
        fields: The training fields.
        candidates: Field name → its candidates; a field may be missing.
        augment: Called with (image, None, seed) on a crop; its geometry must stay.
        side_um: Side of the crop in µm.
        pixels: Side in pixels to which the crop is resized.
        border: How to fill a crop beyond the field: ``reflect`` or ``black``.
        positives: Share of positive samples, in [0, 1].
        plain: Share of points of plain tissue among the negatives, in [0, 1].
        jitter_um: Maximum shift of a crop's centre in x and in y, in µm.
        scale: Range of the rescaling factor.
        even_cases: Whether all cases that have samples of a label are equally likely, instead of all samples.
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
        side_um: float,
        pixels: int,
        border: Literal["reflect", "black"],
        positives: float = 0.4,
        plain: float = 0.05,
        jitter_um: float = 1.5,
        scale: Sequence[float] = (0.85, 1.18),
        even_cases: bool = False,
        samples: int,
        seed: int,
    ) -> None:
        self._augment, self._samples, self._seed = augment, samples, seed
        self._side_um, self._pixels = side_um, pixels
        self._border: Literal["reflect", "black"] = border
        self._positives, self._plain, self._jitter_um = positives, plain, jitter_um
        self._scale = (float(scale[0]), float(scale[1]))
        self._fields = fields
        pools = pools_of(fields, candidates, side_um=side_um)
        self._groups = [_by_case(pool) if even_cases else [pool] for pool in (pools.negatives, pools.positives)]
        if pools.plain:
            self._plain = 1.0

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, *key])
        label = int(rng.random() < self._positives)
        field, point = self._draw(label, rng)
        mpp = field.record.mpp
        x, y = point + rng.uniform(-self._jitter_um, self._jitter_um, size=2) / mpp
        step = self._side_um / mpp / self._pixels / rng.uniform(*self._scale)
        placement = Placement(x, y, step, rng.uniform(0, 2 * np.pi), bool(rng.random() < 0.5))
        image = cut(field.image, placement, self._pixels, border=self._border)
        image, _ = self._augment(image, None, int(rng.integers(2**32)))
        return {"image": image_tensor(image), "label": torch.tensor(label)}

    def _draw(self, label: int, rng: np.random.Generator) -> tuple[Field, np.ndarray]:
        if label == 0 and rng.random() < self._plain:
            field = self._fields[int(rng.integers(len(self._fields)))]
            points = elsewhere(field, self._side_um)
            if len(points):
                return field, points[rng.integers(len(points))]
        groups = self._groups[label]
        pool = groups[rng.integers(len(groups))] if len(groups) > 1 else groups[0]
        return pool[rng.integers(len(pool))]


def _by_case(pool: Pool) -> list[Pool]:
    cases: dict[str, Pool] = {}
    for field, point in pool:
        cases.setdefault(field.record.case, []).append((field, point))
    return list(cases.values())
