"""Whole fields, as validation and test see them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mitosis.data.record import Field


class FieldView(Dataset[dict[str, Any]]):
    """One whole field an item.

    An item: {"field": its name, "image": (3, H, W) float32 in [0, 1], "mask": (1, H, W) float32 of ``mask_value``,
    "mpp": µm per pixel, "centroids": (k, 2) float64 x, y}. Loaded with ``batch_size=1, collate_fn=single``.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields

    def __len__(self) -> int:
        return len(self._fields)

    def __getitem__(self, index: int) -> dict[str, Any]:
        field = self._fields[index]
        return {
            "field": field.record.field,
            "image": image_tensor(field.image),
            "mask": mask_tensor(field.mask),
            "mpp": field.record.mpp,
            "centroids": torch.from_numpy(field.record.centroids),
        }


def single(batch: list[Any]) -> Any:
    """Collate function for items that do not stack: the one item of a batch of one."""
    (item,) = batch
    return item


def image_tensor(image: np.ndarray) -> Tensor:
    """(..., H, W, 3) uint8 to (..., 3, H, W) float32 in [0, 1]."""
    channels_first = np.moveaxis(image, -1, -3).astype(np.float32, order="C")
    return torch.from_numpy(channels_first).div_(255)


def mask_tensor(mask: np.ndarray) -> Tensor:
    """(H, W) uint8 to (1, H, W) float32 of the same values."""
    return torch.from_numpy(mask.astype(np.float32))[None]
