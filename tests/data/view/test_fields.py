"""FieldView: whole fields."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.view.fields import FieldView, single


def field(name: str, *figures: MitoticFigure) -> Field:
    image = np.random.default_rng(len(name)).integers(256, size=(5, 7, 3), dtype=np.uint8)
    image.flags.writeable = False
    record = Record(name, image.copy, (5, 7), 0.2456, "c", "s", "A", figures)
    return Field(record, image, record.mask())


def test_an_item_is_one_field() -> None:
    fields = [field("a", MitoticFigure(np.array([[6, 1], [4, 1]], dtype=np.int32))), field("bb")]
    first, second = DataLoader(FieldView(fields), batch_size=1, collate_fn=single)
    assert (first["field"], second["field"]) == ("a", "bb")
    assert first["mpp"] == 0.2456
    assert first["image"].shape == (3, 5, 7)
    assert first["image"].dtype == torch.float32
    np.testing.assert_array_equal(first["image"], fields[0].image.transpose(2, 0, 1) / np.float32(255))
    assert first["mask"].shape == (1, 5, 7)
    assert first["mask"].nonzero().tolist() == [[0, 1, 4], [0, 1, 6]]
    assert first["centroids"].tolist() == [[5, 1]]
    assert first["centroids"].dtype == torch.float64
    assert second["centroids"].shape == (0, 2)


def test_single_returns_the_only_item() -> None:
    assert single(["item"]) == "item"
    with pytest.raises(ValueError, match="too many values"):
        single([1, 2])
