"""What all datasets share: records into parts of a fold, fields normalised once, loaders."""

import random
import re
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning import LightningDataModule
from rich.progress import track
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from mitosis.data.cache.cache import Cache
from mitosis.data.cache.capacity import check_memory, missing_records
from mitosis.data.cache.prefetch import prefetch
from mitosis.data.fold.deal import Official, make_folds
from mitosis.data.fold.lists import FoldLists, Parts, halves, read_folds, split
from mitosis.data.fold.subset import subset
from mitosis.data.inventory import Inventory
from mitosis.data.record import Field, Record
from mitosis.data.view.fields import single
from mitosis.data.view.sampler import EpochSampler, share_of
from mitosis.errors import InputError

Stain = Callable[[np.ndarray, str], np.ndarray]


class MitosisDataModule(LightningDataModule, ABC):
    """A dataset on one fold; a subclass says only what its ``records()`` are.

    ``folds``: name of a committed fold list or a csv of the user's own; None deals the cases out. ``fold``: official,
    0…4 or all. ``half``: keep one half of the training cases (cross-fitting). ``stain``: normalises a field, called
    once a field. ``augment``, ``train_view`` and ``held_out_view`` are handed over built (the views as partials that
    still want their fields).
    An epoch is ``samples_per_epoch`` samples, or with ``repeat`` so many for each training field (the augmentation
    factor of "Detecting Mitosis Cells using U-Nets", section V.A); a sample is a function of (``seed``, epoch, index)
    alone. ``limit``: at most so many fields in each part. ``cache``: a folder that keeps normalised fields, which are
    then read from there crop by crop and not held in memory.

    ``first_epoch``: set it where a run goes on; Lightning tells the epoch only after workers fetched their first batch.
    """

    INVENTORY: Inventory | None = None
    """What the dataset's publishers say that it holds."""

    def __init__(
        self,
        *,
        folds: str | None,
        fold: str | int,
        stain: Stain,
        samples_per_epoch: int,
        batch_size: int,
        repeat: int | None = None,
        limit: int | None = None,
        workers: int = 0,
        cache: str | None = None,
        seed: int = 0,
        half: int | None = None,
        augment: Callable | None = None,
        train_view: Callable[..., Dataset] | None = None,
        held_out_view: Callable[..., Dataset] | None = None,
    ) -> None:
        super().__init__()
        self.folds, self.fold, self.half, self.stain = folds, fold, half, stain
        if repeat is not None and repeat < 1:
            raise InputError(f"data.repeat={repeat}: give a whole number, 1 or more, or null")
        if limit is not None and limit < 2:
            raise InputError(f"data.limit={limit}: give a whole number, 2 or more, or null")
        self._samples, self.repeat, self.limit = samples_per_epoch, repeat, limit
        self.batch_size, self.workers, self.seed = batch_size, workers, seed
        self.augment, self.train_view, self.held_out_view = augment, train_view, held_out_view
        self.first_epoch = 0
        self._cache = None if cache is None else Cache(Path(cache), stain)
        self._fields: dict[str, Field] = {}
        self._read: set[str] = set()
        self._parts: Parts | None = None

    @abstractmethod
    def records(self) -> list[Record]:
        """Every annotated field of the dataset. Raises ``InputError`` naming what is missing or broken."""

    def official(self) -> Official | None:
        """The set's own split, for where ``folds`` is None; None: it has none, and there is no fold ``official``."""
        return None

    @property
    def remark(self) -> str:
        """What the reader of a figure on this dataset has to know, one line; empty when there is nothing."""
        return ""

    @property
    def samples_per_epoch(self) -> int:
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

    def check_room(self, records: Sequence[Record]) -> None:
        """Say how much of these ``cache`` lacks, where it is set; ``InputError`` if its disk cannot hold that."""
        if self._cache is not None:
            missing_records(self._cache, list({record.field: record for record in records}.values()))

    def fields(self, records: Sequence[Record]) -> list[Field]:
        """The records with their pixels read and stain-normalised, in the given order; each is read once a process."""
        missing = [record for record in records if record.field not in self._fields]
        if missing:
            if self._cache is None:
                check_memory(missing)
            with ThreadPoolExecutor(max_workers=2) as pool:
                loaded = pool.map(self._load, missing)
                for record, field in zip(
                    missing, track(loaded, "reading fields", len(missing), disable=len(missing) < 8), strict=True
                ):
                    self._fields[record.field] = field
        return [self._fields[record.field] for record in records]

    def each(self, records: Sequence[Record]) -> Iterator[Field]:
        """The same fields one after another: held are the one in use and the next, which a thread reads meanwhile.

        What ``fields`` holds already is not read again. A field that cannot be normalised is warned of at its first
        reading alone.
        """
        return prefetch(self._one, records)

    def _one(self, record: Record) -> Field:
        if record.field in self._fields:
            return self._fields[record.field]
        if record.field not in self._read:
            self._read.add(record.field)
            return self._load(record)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=f"{re.escape(record.field)}: ")
            return self._load(record)

    def _load(self, record: Record) -> Field:
        if self._cache is not None:
            return self._cache.field(record)
        return Field(record, self.stain(record.read(), record.field), record.mask())

    def train_dataloader(self) -> DataLoader:
        assert self.train_view is not None
        dataset = self.train_view(
            self.fields(self.parts.train), augment=self.augment, samples=self.samples_per_epoch, seed=self.seed
        )
        sampler = EpochSampler(self.samples_per_epoch, self.seed)
        sampler.set_epoch(self.first_epoch)
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            generator=_apart(),
            num_workers=self.workers,
            # Asked for by name: workers share the fields' memory, and joblib sets another way for its jobs' children.
            multiprocessing_context="fork" if self.workers and sys.platform == "linux" else None,
            worker_init_fn=_seed_worker,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            drop_last=True,
        )

    def val_dataloader(self) -> DataLoader:
        """Whole fields, each in one process of a distributed run; one that has fewer than another ends with None."""
        assert self.held_out_view is not None
        share, missing = share_of(self.parts.val)
        dataset = ConcatDataset([self.held_out_view(self.fields(share)), [None] * missing])  # pyright: ignore
        return DataLoader(dataset, batch_size=1, collate_fn=single, generator=_apart())


def _apart() -> torch.Generator:
    """A generator of a loader's own: it draws its workers' seed whenever it is iterated over, and a run that goes on
    does so at another moment than one that never stopped, which must not move the global generator.
    """
    return torch.Generator()


def _seed_worker(worker: int) -> None:
    """Fixed global seeds: nothing may depend on them, and a slip shows as repetition, not as noise."""
    random.seed(worker)
    np.random.seed(worker)
