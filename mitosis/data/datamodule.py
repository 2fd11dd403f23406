"""The base class of all datasets: it splits records into the parts of a fold and builds the data loaders."""

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
from mitosis.data.view.turned_tiles import TurnedTileView
from mitosis.errors import InputError

VAL_FIELDS = 4
"""Fields that are validated on where val is no part of its own: enough to watch, and quickly scored."""
SEEN_VAL = "val shows training fields: nothing is chosen on it"


@dataclass(frozen=True)
class Views:
    """How fields are presented to a network.

    Attributes:
        train: Makes the training dataset; called with the training fields and ``augment``, ``samples`` and ``seed``.
            For example, a partial of ``TileView``.
        held_out: Makes the validation or test dataset; called with the fields of that part.
        augment: Passed to ``train``; called with (image, mask, seed), returns (image, mask).
    """

    train: Callable[..., Dataset[Any]]
    held_out: Callable[..., Dataset[Any]]
    augment: Callable[..., Any]


class MitosisDataModule(LightningDataModule, ABC):
    """A dataset split into the train, val and test parts of one fold.

    A subclass only has to implement ``records()``.

    Args:
        folds: Name of a fold list that ships with the package, or the path of your own csv. None makes folds from the
            cases.
        fold: The fold: ``official``, a number such as 0…4, or ``all`` (no test part).
        store: Reads and normalises the fields.
        samples_per_epoch: Number of training samples per epoch.
        batch_size: Samples per batch and device.
        repeat: If set, replaces ``samples_per_epoch`` by this many samples per training field (the augmentation factor
            of "Detecting Mitosis Cells using U-Nets", section V.A). At least 1.
        limit: Maximum number of fields in each part, at least 2. None uses all fields.
        workers: Number of processes that load training samples. 0 loads them in the main process.
        seed: Seed of the training samples. A sample depends only on (``seed``, epoch, index).
        half: Train on one half of the training cases only, 0 or 1 (cross-fitting). None trains on all of them.
        val: ``held_out`` validates on the fold's val fields. ``other_half`` trains on them as well: they are halved
            together with train, and a half validates on the 4 fields of the other half with the most mitoses. Without
            ``half``, those 4 are training fields, for recipes that choose nothing on val: they only show that the
            network learns.
        views: Builds the datasets of the loaders. Not needed if only records and fields are used.

    Raises:
        InputError: ``repeat`` or ``limit`` is too small.

    Note:
        Set ``first_epoch`` before a run is resumed: Lightning sets the epoch only after the workers have fetched their
        first batch.
    """

    inventory: Inventory | None = None
    """The counts that the dataset's publishers give; None if they published none."""

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
        val: str = "held_out",
        views: Views | None = None,
    ) -> None:
        super().__init__()
        if repeat is not None and repeat < 1:
            raise InputError(f"data.repeat={repeat}: give a whole number, 1 or more, or null")
        if limit is not None and limit < 2:
            raise InputError(f"data.limit={limit}: give a whole number, 2 or more, or null")
        if val not in ("held_out", "other_half"):
            raise InputError(f"data.val={val}: type held_out or other_half")
        self.folds, self.fold, self.half, self.val = folds, fold, half, val
        self.store, self.views = store, views
        self._samples, self.repeat, self.limit = samples_per_epoch, repeat, limit
        self.batch_size, self.workers, self.seed = batch_size, workers, seed
        self.first_epoch = 0
        self._parts: Parts | None = None
        self._mined: dict[str, np.ndarray] = {}
        self._train_view: Dataset[Any] | None = None

    @abstractmethod
    def records(self) -> list[Record]:
        """Return every annotated field of the dataset.

        Raises:
            InputError: A file is missing or broken; the message names it.
        """

    def official(self) -> Official | None:
        """The published split, used if ``folds`` is None; None if there is none, and then no fold ``official``."""
        return None

    @property
    def remark(self) -> str:
        """One line to print with every score on this dataset; may be empty."""
        return ""

    @property
    def samples_per_epoch(self) -> int:
        """Number of training samples per epoch."""
        return self._samples if self.repeat is None else self.repeat * len(self.parts.train)

    @property
    def parts(self) -> Parts:
        """Train, val and test records of the fold; if ``half`` is set, train holds that half of the training cases."""
        whole = self._whole()
        if self.val == "held_out":
            return whole if self.half is None else replace(whole, train=self._halves()[int(self.half)])
        train = whole.train + whole.val if self.half is None else self._halves()[int(self.half)]
        watched = train if self.half is None else self.other_half
        most = sorted(watched, key=lambda record: (-len(record.figures), record.field))[:VAL_FIELDS]
        note = whole.note if self.half is not None else "; ".join(filter(None, (whole.note, SEEN_VAL)))
        return replace(whole, train=train, val=tuple(most), note=note)

    @property
    def own_fields(self) -> frozenset[str]:
        """Names of the fields that the folds are made of; a joined dataset adds others to train."""
        return frozenset(record.field for record in self._whole().train + self._whole().val + self._whole().test)

    @property
    def other_half(self) -> tuple[Record, ...]:
        """The training records that ``half`` keeps out of training; empty without ``half``."""
        return () if self.half is None else self._halves()[1 - int(self.half)]

    def _halves(self) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
        whole = self._whole()
        return halves(whole.train if self.val == "held_out" else whole.train + whole.val)

    @property
    def mined(self) -> dict[str, np.ndarray]:
        """False alarms that the training view shows besides the labelled look-alikes: field → (n, 2) x, y in pixels."""
        return self._mined

    @mined.setter
    def mined(self, points: dict[str, np.ndarray]) -> None:
        self._mined = points
        if isinstance(self._train_view, TurnedTileView):
            self._train_view.set_hard(points)

    def _whole(self) -> Parts:
        if self._parts is None:
            records = self.records()
            parts = split(records, self.fold, self.lists(records))
            parts = replace(parts, note="; ".join(filter(None, (parts.note, self.remark))))
            self._parts = parts if self.limit is None else subset(parts, self.limit)
        return self._parts

    def lists(self, records: Sequence[Record]) -> FoldLists:
        """All folds of the dataset, as lists of field names."""
        return make_folds(records, self.official()) if self.folds is None else read_folds(self.folds)

    @override
    def train_dataloader(self) -> DataLoader[Any]:
        assert self.views is not None
        fields = self.store.fields(self.parts.train)
        dataset = self.views.train(fields, augment=self.views.augment, samples=self.samples_per_epoch, seed=self.seed)
        self._train_view = dataset
        self.mined = self._mined
        sampler = EpochSampler(self.samples_per_epoch, self.seed)
        sampler.set_epoch(self.first_epoch)
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            generator=_own_generator(),
            num_workers=self.workers,
            # Set explicitly: forked workers share the fields' memory, and joblib changes the default in its own jobs.
            multiprocessing_context="fork" if self.workers and sys.platform == "linux" else None,
            worker_init_fn=_seed_worker,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            drop_last=True,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Whole fields, split among the processes of a distributed run; shorter shares are padded with None."""
        assert self.views is not None
        share, missing = share_of(self.parts.val)
        dataset = ConcatDataset([self.views.held_out(self.store.fields(share)), [None] * missing])  # pyright: ignore
        return DataLoader(dataset, batch_size=1, collate_fn=single, generator=_own_generator())


def _own_generator() -> torch.Generator:
    """A separate generator for a data loader.

    A loader draws a seed for its workers each time it is iterated over. A resumed run does so at other moments than an
    uninterrupted one, and this must not advance the global generator.
    """
    return torch.Generator()


def _seed_worker(worker: int) -> None:
    """Fix the global seeds: no sample may depend on them, and if one does, repeated samples reveal it."""
    random.seed(worker)
    np.random.seed(worker)
