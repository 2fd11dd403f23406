"""The datamodule: its parts, its halves, and batches that are a function of (seed, epoch, index) alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from mitosis.augment.scmitosis import SCMitosisAugment
from mitosis.data.cache.store import FieldStore
from mitosis.data.datamodule import MitosisDataModule, Views
from mitosis.data.record import Record
from mitosis.data.synthetic import Synthetic
from mitosis.data.view.fields import FieldView
from mitosis.data.view.tiles import TileView
from mitosis.errors import InputError
from mitosis.stain.none import NoStain

FOLDS = ["official", 0, 1, 2, 3, 4, "all"]


def synthetic(**kwargs: Any) -> Synthetic:
    settings: dict[str, Any] = {"folds": "synthetic", "fold": 0, "store": FieldStore(NoStain())}
    settings |= {"samples_per_epoch": 10, "batch_size": 4, "size": 128}
    settings["views"] = Views(partial(TileView, size=48, overlap=8, jitter=8), FieldView, SCMitosisAugment())
    return Synthetic(**settings | kwargs)


def names(records: tuple[Record, ...]) -> set[str]:
    assert len({record.field for record in records}) == len(records)
    return {record.field for record in records}


@pytest.mark.parametrize("fold", FOLDS)
def test_parts_are_disjoint_and_complete(fold: str | int) -> None:
    data = synthetic(fold=fold)
    train, val, test = (names(part) for part in (data.parts.train, data.parts.val, data.parts.test))
    assert train
    assert val
    assert bool(test) == (fold != "all")
    assert not train & val
    assert not train & test
    assert not val & test
    cases = [{name.split("_")[0] for name in part} for part in (train, val, test)]
    assert not cases[0] & cases[1]
    assert not cases[0] & cases[2]
    assert not cases[1] & cases[2]
    every = {f"case{case:02d}_{index}" for case in range(20) for index in range(2)}
    official = {name for name in every if name >= "case15"}
    assert train | val | test == (every if fold in ("official", "all") else every - official)
    assert fold != "official" or test == official
    assert data.other_half == ()


@pytest.mark.parametrize("fold", FOLDS)
def test_halves_share_the_training_cases(fold: str | int) -> None:
    whole, halves = synthetic(fold=fold), [synthetic(fold=fold, half=half) for half in (0, 1)]
    own = [names(data.parts.train) for data in halves]
    assert own[0]
    assert own[1]
    assert not own[0] & own[1]
    assert own[0] | own[1] == names(whole.parts.train)
    assert not {name.split("_")[0] for name in own[0]} & {name.split("_")[0] for name in own[1]}
    for half, data in enumerate(halves):
        assert names(data.other_half) == own[1 - half]
        assert names(data.parts.val) == names(whole.parts.val)
        assert names(data.parts.test) == names(whole.parts.test)


@pytest.mark.parametrize("half", [None, 0, 1])
def test_with_val_other_half_nothing_is_kept_from_training(half: int | None) -> None:
    """The halves share train and val; without ``half``, both are trained on, and the note says what val is."""
    held_out, data = synthetic(fold=0), synthetic(fold=0, half=half, val="other_half")
    every = names(held_out.parts.train) | names(held_out.parts.val)
    if half is None:
        assert names(data.parts.train) == every
        assert names(data.parts.val) <= every
        assert "val shows training fields" in data.parts.note
    else:
        assert names(data.parts.train) | names(data.other_half) == every
        assert names(data.parts.val) <= names(data.other_half)
        assert "val shows" not in data.parts.note
    counts = sorted((len(record.figures) for record in (data.other_half or data.parts.train)), reverse=True)
    assert [len(record.figures) for record in data.parts.val] == counts[:4]
    assert names(data.parts.test) == names(held_out.parts.test)


def test_repeat_sets_the_samples_per_field() -> None:
    data = synthetic(repeat=3, fold=0)
    assert data.samples_per_epoch == 3 * len(data.parts.train) == len(data.train_dataloader().dataset)  # pyright: ignore
    assert synthetic(repeat=3, fold=0, half=0).samples_per_epoch < data.samples_per_epoch
    with pytest.raises(InputError, match="data.repeat=0"):
        synthetic(repeat=0)


def epochs_of(data: MitosisDataModule, count: int) -> list[list[dict[str, torch.Tensor]]]:
    loader, epochs = data.train_dataloader(), []
    for epoch in range(data.first_epoch, count):
        loader.sampler.set_epoch(epoch)  # pyright: ignore
        epochs.append(list(loader))
    return epochs


def equal(one: list[dict[str, torch.Tensor]], other: list[dict[str, torch.Tensor]]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a[key], b[key]) for a, b in zip(one, other, strict=True) for key in ("image", "mask")
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_samples_depend_only_on_seed_epoch_and_index(workers: int) -> None:
    first = epochs_of(synthetic(seed=3), 3)
    torch.manual_seed(99)
    np.random.seed(99)
    second = epochs_of(synthetic(seed=3, workers=workers), 3)
    assert all(equal(one, other) for one, other in zip(first, second, strict=True))
    assert not equal(first[0], first[1])
    assert not equal(first[0], epochs_of(synthetic(seed=4), 1)[0])
    assert [len(batch["image"]) for batch in first[0]] == [4, 4]  # 10 samples: the incomplete batch is dropped
    later = synthetic(seed=3, workers=workers)
    later.first_epoch = 2
    assert equal(epochs_of(later, 3)[0], first[2])
    assert equal(list(later.train_dataloader()), first[2])  # known before Lightning sets it


def test_loaders_leave_the_global_generator_alone() -> None:
    data = synthetic()
    before = torch.get_rng_state()
    for make in (data.train_dataloader, data.val_dataloader):
        iter(make())
    assert torch.equal(torch.get_rng_state(), before)


def test_val_is_whole_fields() -> None:
    data = synthetic()
    batches = list(data.val_dataloader())
    assert [batch["field"] for batch in batches] == [record.field for record in data.parts.val]
    assert all(batch["image"].shape == (3, 128, 128) and batch["mask"].shape == (1, 128, 128) for batch in batches)


def test_val_is_split_among_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    seen = []
    for rank in range(4):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        seen.append([batch and batch["field"] for batch in synthetic().val_dataloader()])
    names = [record.field for record in synthetic().parts.val]  # 6 fields
    assert seen == [names[:2], names[2:4], [names[4], None], [names[5], None]]


def test_records_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    original: Callable[[Synthetic], list[Record]] = Synthetic.records
    calls: list[int] = []
    monkeypatch.setattr(Synthetic, "records", lambda self: calls.append(1) or original(self))
    data = synthetic(half=0)
    assert data.parts.train
    assert data.parts.val
    assert data.other_half
    assert len(calls) == 1
