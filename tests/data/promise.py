"""Assertions of what any dataset's records, parts and views promise."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.lists import Parts, val_by_case
from mitosis.data.record import Record
from mitosis.errors import InputError


def check_objects(records: Sequence[Record]) -> None:
    """Every object lies in its image, and the mask shows the mitoses and nothing else."""
    for record in records:
        height, width = record.size
        pixels = np.concatenate([np.zeros((0, 2), int), *(figure.pixels for figure in record.figures)])
        assert (pixels >= 0).all(), record.field
        assert (pixels < (width, height)).all(), record.field
        assert all(len(figure.pixels) for figure in record.figures), record.field
        mask = record.mask()
        assert mask.shape == record.size
        assert mask[pixels[:, 1], pixels[:, 0]].all()
        assert mask.sum() == len(np.unique(pixels, axis=0))
        x, y = record.hard_negatives.T
        assert ((x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)).all(), record.field


def names(records: Iterable[Record]) -> set[str]:
    return {record.field for record in records}


def cases(records: Iterable[Record]) -> set[str]:
    return {record.case for record in records}


def check_parts(data: MitosisDataModule, records: Sequence[Record]) -> None:
    """No field is on two sides, nor a case without a note; numbered folds never train on official test fields."""
    parts, other = data.parts, data.other_half
    sides = [names(side) for side in (parts.train, other, parts.val, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)), "a field on two sides"
    assert parts.train
    assert parts.val
    assert set.union(*sides) <= names(records)
    learned = (*parts.train, *other)
    if shared := (cases(learned) | cases(parts.val)) & cases(parts.test):
        assert f"is drawn by field: {', '.join(sorted(shared))} have fields in train and in test" in parts.note
    if val_by_case(records, data.lists(records)):
        assert not cases(learned) & cases(parts.val)
    if len(cases(learned)) > 1:
        assert not cases(parts.train) & cases(other)
    lists = data.lists(records)
    official = set(lists["official"]["test"]) if "official" in lists else set()
    if data.fold == "all":
        assert set.union(*sides) == names(records)
        assert not parts.test
    elif data.fold == "official":
        check_official(parts, official, records)
    else:
        assert parts.test
        tested = set().union(*(parts["test"] for fold, parts in lists.items() if fold != "official"))
        if not official < tested:  # CMC's are folds over all slides
            assert not (sides[0] | sides[1] | sides[2]) & official


def check_official(parts: Parts, official: set[str], records: Sequence[Record]) -> None:
    assert names(parts.test) == official & names(records)
    assert parts.test_absent == (not parts.test)
    assert ("no test figure" in parts.note) == parts.test_absent


def check_items(data: MitosisDataModule, view: str) -> None:
    """A training batch and some held-out fields are as their views' docstrings promise."""
    assert data.views is not None
    if (
        view == "whole"
        and len({tuple(round(side * record.mpp) for side in record.size) for record in data.parts.train}) > 1
    ):
        with pytest.raises(InputError, match="differ in size at tiling.mpp=1.0"):
            data.train_dataloader()
    else:
        (batch,) = data.train_dataloader()
        check_image(batch["image"], (4, 3, *sides(view, data.parts.train[0])))
        if view == "candidates":
            assert batch["label"].shape == (4,)
            assert batch["label"].dtype == torch.int64
            assert set(batch["label"].tolist()) <= {0, 1}
        else:
            check_mask(batch["mask"], (4, 1, *batch["image"].shape[2:]))
    val = list(data.val_dataloader())
    assert [item["field"] for item in val] == [record.field for record in data.parts.val]
    held_out = data.views.held_out(data.store.fields(data.parts.test[:2]))
    test = [held_out[index] for index in range(len(held_out))]
    for item, record in zip([*val, *test], [*data.parts.val, *data.parts.test[:2]], strict=True):
        check_field(item, record, view)


def sides(view: str, record: Record) -> tuple[int, ...]:
    height, width = record.size
    return {"tiles": (64, 64), "candidates": (32, 32)}.get(
        view, (round(height * record.mpp), round(width * record.mpp))
    )


def check_field(item: dict[str, Any], record: Record, view: str) -> None:
    assert (item["field"], item["mpp"]) == (record.field, record.mpp)
    assert item["centroids"].dtype == torch.float64
    np.testing.assert_array_equal(item["centroids"], record.centroids)
    if view != "candidates":
        check_image(item["image"], (3, *record.size))
        check_mask(item["mask"], (1, *record.size))
        np.testing.assert_array_equal(item["mask"][0], record.mask())
        return
    count = 2 + 2 * len(record.figures)
    check_image(item["images"], (count, 3, 32, 32))
    assert item["points"].shape == (count, 2)
    assert item["points"].dtype == torch.float64
    assert item["labels"].tolist() == [0, 0] + len(record.figures) * [1, -1]
    assert item["labels"].dtype == torch.int64


def check_image(image: torch.Tensor, shape: tuple[int, ...]) -> None:
    assert tuple(image.shape) == shape
    assert image.dtype == torch.float32
    assert 0 <= image.min() < image.max() <= 1


def check_mask(mask: torch.Tensor, shape: tuple[int, ...]) -> None:
    assert tuple(mask.shape) == shape
    assert mask.dtype == torch.float32
    assert ((mask == 0) | (mask == 1)).all()
