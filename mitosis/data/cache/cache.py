"""Stain-normalised fields on disk, of which training reads only the crops that it needs."""

import contextlib
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from typing_extensions import override

from mitosis import files
from mitosis.data.cache.fingerprint import Fingerprints
from mitosis.data.record import Field, Record
from mitosis.errors import InputError

HEADER = 128
"""Bytes before the values of a .npy of few dimensions, as numpy writes it."""
LEFT_BEHIND = 24 * 60 * 60
"""Seconds after which a half-written file is nobody's: writing one takes seconds. Its process may run on another
machine, where it cannot be looked for, and whose clock may be some hours off."""


class CachedField(Field):
    """A record whose pixels stay on disk: ``image`` and ``mask`` are read-only memory maps, opened anew at each use.

    A map that stays open would hold a file descriptor, of which a process has about a thousand.
    Raises ``InputError`` where a file was removed or cut off meanwhile.
    """

    _image: Path
    _mask: Path

    def __init__(self, record: Record, image: Path, mask: Path) -> None:
        for name, value in (("record", record), ("_image", image), ("_mask", mask)):
            object.__setattr__(self, name, value)  # as a frozen dataclass sets its own

    @property
    @override
    def image(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _mapped(self._image)

    @property
    @override
    def mask(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _mapped(self._mask)


class Cache:
    """Normalised images and masks under ``folder``, each a .npy that is named by what it follows from.

    ``images/`` holds (height, width, 3) uint8, ``masks/`` (height, width) uint8, ``files/`` the content hashes of
    sources. An entry is whole or absent, so any number of processes may share the folder, and one that was killed goes
    on where it was; anything else (another stain, a file whose content changed) has another name, and
    nothing whole is ever removed. ``stain``: as ``FieldStore`` takes it, picklable.
    Raises ``InputError`` where ``folder`` is a file.
    """

    def __init__(self, folder: Path, stain: Callable[[np.ndarray, str], np.ndarray]) -> None:
        self.folder, self._stain = folder.expanduser(), stain
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"data.cache={folder} is a file; give a folder")

    @cached_property
    def _fingerprints(self) -> Fingerprints:
        return Fingerprints(self.folder / "files", self._stain)

    def __getstate__(self) -> dict[str, Any]:
        _ = self._fingerprints  # that of the stain takes a moment: once, not in each process that this goes to
        return self.__dict__

    def field(self, record: Record) -> CachedField:
        """The record with its pixels in the cache; what is not there yet is made.

        Raises ``InputError`` for an image that cannot be read or is not of the record's size, ``OSError`` naming the
        entry for a full disk or a folder that may not be written.
        """
        image, mask = self._places(record)
        if not _is_whole(image, (*record.size, 3)):
            _write(image, self._stain(record.read(), record.field), (*record.size, 3), record.field)
        if not _is_whole(mask, record.size):
            _write(mask, record.mask(), record.size, record.field)
        return CachedField(record, image, mask)

    def missing_bytes(self, record: Record) -> int:
        """Bytes that are still to be written for a record; 0 where it is in the cache."""
        shapes = ((*record.size, 3), record.size)
        missing = [s for path, s in zip(self._places(record), shapes, strict=True) if not _is_whole(path, s)]
        return sum(HEADER + int(np.prod(shape)) for shape in missing)

    def remove_left_behind(self) -> int:
        """Remove the half-written files of a day ago and more, which killed processes left; returns how many."""
        removed, name = 0, f".{'[0-9a-f]' * 40}.*.part"
        for path in [path for kind in ("images", "masks", "files") for path in (self.folder / kind).glob(name)]:
            with contextlib.suppress(OSError):  # gone meanwhile, or another user's
                if time.time() - path.lstat().st_mtime > LEFT_BEHIND:
                    path.unlink()
                    removed += 1
        return removed

    def _places(self, record: Record) -> tuple[Path, Path]:
        image, mask = self._fingerprints.image(record), self._fingerprints.mask(record)
        return self.folder / "images" / f"{image}.npy", self.folder / "masks" / f"{mask}.npy"


def _mapped(path: Path) -> np.ndarray:
    try:
        return open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable any more ({error}); the same command makes it anew") from error


def _is_whole(path: Path, shape: tuple[int, ...]) -> bool:
    """Nothing here writes half a file, but a copy of the cache may have been cut off."""
    try:
        array = open_memmap(path, mode="r")
    except (OSError, ValueError):
        return False
    return array.shape == shape and array.dtype == np.uint8


def _write(path: Path, array: np.ndarray, shape: tuple[int, ...], field: str) -> None:
    if array.shape != shape or array.dtype != np.uint8:
        raise InputError(f"field {field}: {array.shape} {array.dtype} where its record promises {shape} uint8")
    with files.replacing(path) as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
