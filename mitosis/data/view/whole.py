"""Whole fields at the network's resolution, for training as in the U-Net paper."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field
from mitosis.data.view.fields import image_tensor, mask_tensor
from mitosis.data.view.tiles import Augment
from mitosis.errors import InputError
from mitosis.image.mask_value import BACKGROUND, IGNORED, MITOSIS
from mitosis.inference.resolution import rescale


class WholeFieldView(Dataset[dict[str, Any]]):
    """Whole training fields, rescaled to a fixed resolution ("Detecting Mitosis Cells using U-Nets", section IV.A).

    The paper resizes every field to 512 × 512 pixels. A field of ICPR 2012 has a side of 512 µm on either scanner, so
    ``mpp=1.0`` does the same, and it keeps its meaning for images of any other size. Image and mask are rescaled
    together, once. A pixel of the rescaled mask is mitosis if at least half of it was mitosis; otherwise it is ignored
    if at least half of it was mitosis or ignored.

    A key is (epoch, index), as ``EpochSampler`` yields it. An item depends only on (``seed``, epoch, index):
    {"image": (3, H, W) float32 in [0, 1], "mask": (1, H, W) float32 with the values of ``mask_value``}.

    Args:
        fields: The training fields.
        augment: Called with (image, mask, seed).
        mpp: Resolution in µm per pixel. None keeps that of each field.
        samples: Number of samples per epoch. All fields occur equally often, up to one (the paper's augmentation factor
            is ``samples`` / number of fields).
        seed: Seed of the samples.

    Raises:
        InputError: There are no fields, or their sizes at ``mpp`` differ, so that they cannot form a batch.
    """

    def __init__(
        self, fields: Sequence[Field], augment: Augment, *, mpp: float | None, samples: int, seed: int
    ) -> None:
        if not fields:
            raise InputError("the training part of this fold has no fields: choose another fold")
        self._augment, self._samples, self._seed = augment, samples, seed
        self._pairs = [scaled(field, mpp) for field in fields]
        sizes = {image.shape[:2]: field.record.field for field, (image, _) in zip(fields, self._pairs, strict=True)}
        if len(sizes) > 1:
            (one, first), (other, second) = list(sizes.items())[:2]
            raise InputError(
                f"fields {first} ({one[1]} x {one[0]}) and {second} ({other[1]} x {other[0]}) differ in size at"
                f" tiling.mpp={mpp}; whole fields are trained on only where all are of one size"
            )

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, *key])
        image, mask = self._pairs[key[1] % len(self._pairs)]
        image, mask = self._augment(image, mask, int(rng.integers(2**32)))
        assert mask is not None
        return {"image": image_tensor(image), "mask": mask_tensor(mask)}


def scaled(field: Field, mpp: float | None) -> tuple[np.ndarray, np.ndarray]:
    """A field rescaled to ``mpp`` µm per pixel (None: unchanged): image (H, W, 3) uint8 and mask (H, W) uint8."""
    scale = 1.0 if mpp is None else field.record.mpp / mpp
    image = rescale(image_tensor(field.image), scale)
    # Mitosis and ignored are rescaled separately: interpolating between 0 and 2 would give 1, a mitosis.
    parts = (field.mask == MITOSIS, field.mask != BACKGROUND)
    disc, circle = (rescale(mask_tensor(part), scale)[0] >= 0.5 for part in parts)
    mask = torch.where(disc, MITOSIS, torch.where(circle, IGNORED, BACKGROUND)).to(torch.uint8)
    pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0)
    return np.ascontiguousarray(pixels.numpy()), mask.numpy()
