"""What all datasets share: records into parts of a fold, parts into loaders."""

import random
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from lightning import LightningDataModule
from torch.utils.data import ConcatDataset, DataLoader, Dataset
from typing_extensions import override

from mitosis.data.cache.store import FieldStore
from mitosis.data.fold.deal import Official, make_folds
from mitosis.data.fold.lists import FoldLists, Parts, halves, read_folds, split
from mitosis.data.fold.subset import subset
from mitosis.data.inventory import Inventory
from mitosis.data.record import Record
from mitosis.data.view.fields import single
from mitosis.data.view.sampler import EpochSampler, share_of
from mitosis.errors import InputError


@dataclass(frozen=True)
class Views:
    """What a network is shown of fields.

    ``train``: called with the training fields and ``augment``, ``samples``, ``seed``, such as a partial of
    ``TileView``; ``held_out``: called with the fields of val or test.
    """

    train: Callable[..., Dataset[Any]]
    held_out: Callable[..., Dataset[Any]]
    augment: Callable[..., Any]


class MitosisDataModule(LightningDataModule, ABC):
    """A dataset on one fold; a subclass adds only its ``records()``.

    Args:
        folds: Name of a committed fold list or a csv of the user's own; None makes folds of the cases.
        fold: official, 0…4 or all.
        store: Reads and normalises the fields.
        samples_per_epoch: Length of an epoch; a sample is a function of (``seed``, epoch, index) alone.
        batch_size: Samples of a batch, of each device.
        repeat: In place of ``samples_per_epoch``: so many samples for each training field (the augmentation factor of
            "Detecting Mitosis Cells using U-Nets", section V.A).
        limit: At most so many fields in each part.
        workers: Processes that load training samples.
        half: Keep one half of the training cases, 0 or 1 (cross-fitting).
        views: What the loaders show; not needed where only records and fields are used.

    Set ``first_epoch`` where a run is resumed: Lightning passes the epoch only after workers fetched their first batch.
    """

    inventory: Inventory | None = None
    """What the dataset contains according to its publishers."""

    def __init__(
        self,
        *,
        folds: str | None,
        fold: str | int,
        store: FieldStore,
        samples_per_epoch: int,
        batch_size: int,
        repeat: int | None = None,
        limit: int | None = None,
        workers: int = 0,
        seed: int = 0,
        half: int | None = None,
        views: Views | None = None,
    ) -> None:
        super().__init__()
        if repeat is not None and repeat < 1:
            raise InputError(f"data.repeat={repeat}: give a whole number, 1 or more, or null")
        if limit is not None and limit < 2:
            raise InputError(f"data.limit={limit}: give a whole number, 2 or more, or null")
        self.folds, self.fold, self.half = folds, fold, half
        self.store, self.views = store, views
        self._samples, self.repeat, self.limit = samples_per_epoch, repeat, limit
        self.batch_size, self.workers, self.seed = batch_size, workers, seed
        self.first_epoch = 0
        self._parts: Parts | None = None

    @abstractmethod
    def records(self) -> list[Record]:
        """Every annotated field of the dataset. Raises ``InputError`` naming what is missing or broken."""

    def official(self) -> Official | None:
        """The set's own split, used where ``folds`` is None; None where the set has none, and no fold ``official``."""
        return None

    @property
    def remark(self) -> str:
        """A line that every figure on this dataset needs beside it; may be empty."""
        return ""

    @property
    def samples_per_epoch(self) -> int:
        """Samples of an epoch."""
        return self._samples if self.repeat is None else self.repeat * len(self.parts.train)

    @property
    def parts(self) -> Parts:
        """Train, val and test records of the fold; with ``half`` set, train is that half of the training cases."""
        whole = self._whole()
        return whole if self.half is None else replace(whole, train=halves(whole.train)[int(self.half)])

    @property
    def other_half(self) -> tuple[Record, ...]:
        """The training records that ``half`` keeps out of training; empty without ``half``."""
        return () if self.half is None else halves(self._whole().train)[1 - int(self.half)]

    def _whole(self) -> Parts:
        if self._parts is None:
            records = self.records()
            parts = split(records, self.fold, self.lists(records))
            parts = replace(parts, note="; ".join(filter(None, (parts.note, self.remark))))
            self._parts = parts if self.limit is None else subset(parts, self.limit)
        return self._parts

    def lists(self, records: Sequence[Record]) -> FoldLists:
        """Every fold of the dataset, as lists of names."""
        return make_folds(records, self.official()) if self.folds is None else read_folds(self.folds)

    @override
    def train_dataloader(self) -> DataLoader[Any]:
        assert self.views is not None
        fields = self.store.fields(self.parts.train)
        dataset = self.views.train(fields, augment=self.views.augment, samples=self.samples_per_epoch, seed=self.seed)
        sampler = EpochSampler(self.samples_per_epoch, self.seed)
        sampler.set_epoch(self.first_epoch)
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            generator=_own_generator(),
            num_workers=self.workers,
            # By name: workers share the fields' memory, and joblib sets another start method for its jobs' children.
            multiprocessing_context="fork" if self.workers and sys.platform == "linux" else None,
            worker_init_fn=_seed_worker,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            drop_last=True,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Whole fields, each in one process of a distributed run; one that has fewer than another ends with None."""
        assert self.views is not None
        share, missing = share_of(self.parts.val)
        dataset = ConcatDataset([self.views.held_out(self.store.fields(share)), [None] * missing])  # pyright: ignore
        return DataLoader(dataset, batch_size=1, collate_fn=single, generator=_own_generator())


def _own_generator() -> torch.Generator:
    """A generator of a loader's own.

    A loader draws its workers' seed whenever it is iterated over: a resumed run does that at another moment than one
    that never stopped, and must not move the global generator.
    """
    return torch.Generator()


def _seed_worker(worker: int) -> None:
    """Fixed global seeds: nothing may depend on them, and a slip shows as repetition, not as noise."""
    random.seed(worker)
    np.random.seed(worker)
