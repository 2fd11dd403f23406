"""Stain-normalised fields on disk; training reads only the crops that it needs."""

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
"""Size in bytes of the header that numpy writes to a .npy file of few dimensions."""
LEFT_BEHIND = 24 * 60 * 60
"""Age in seconds at which a half-written file counts as abandoned. Writing one takes seconds, but its process may run
on another machine, where it cannot be checked and whose clock may be hours off."""


class CachedField(Field):
    """A field whose pixels stay on disk: ``image`` and ``mask`` are read-only memory maps, reopened on each access.

    An open map would hold a file descriptor, and a process has only about a thousand of them.
    Accessing a map raises ``InputError`` if its file was removed or truncated in the meantime.
    """

    _image: Path
    _mask: Path

    def __init__(self, record: Record, image: Path, mask: Path) -> None:
        for name, value in (("record", record), ("_image", image), ("_mask", mask)):
            object.__setattr__(self, name, value)  # the dataclass is frozen

    @property
    @override
    def image(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _mapped(self._image)

    @property
    @override
    def mask(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _mapped(self._mask)


class Cache:
    """Normalised images and masks on disk, each a .npy file named by a hash of what it is computed from.

    ``images/`` holds (height, width, 3) uint8, ``masks/`` (height, width) uint8, ``files/`` the content hashes of the
    source files. An entry is complete or absent, so any number of processes may share the folder, and a killed process
    can be restarted where it stopped. Another stain or changed file content gives another name. Complete entries are
    never removed.

    Args:
        folder: Where the cache lies; created when the first entry is written.
        stain: As for ``FieldStore``; picklable.

    Raises:
        InputError: ``folder`` is a file.
    """

    def __init__(self, folder: Path, stain: Callable[[np.ndarray, str], np.ndarray]) -> None:
        self.folder, self._stain = folder.expanduser(), stain
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"data.cache={folder} is a file; give a folder")

    @cached_property
    def _fingerprints(self) -> Fingerprints:
        return Fingerprints(self.folder / "files", self._stain)

    def __getstate__(self) -> dict[str, Any]:
        _ = self._fingerprints  # hashing the stain takes a moment: do it once, not in each worker process
        return self.__dict__

    def field(self, record: Record) -> CachedField:
        """Return the record with its pixels in the cache, after writing any missing entries.

        Args:
            record: The record.

        Returns:
            The field; its ``image`` and ``mask`` are memory maps.

        Raises:
            InputError: The image cannot be read or has not the record's size.
            OSError: The disk is full or the folder is not writable; the message names the entry.
        """
        image, mask = self._places(record)
        if not _is_whole(image, (*record.size, 3)):
            _write(image, self._stain(record.read(), record.field), (*record.size, 3), record.field)
        if not _is_whole(mask, record.size):
            _write(mask, record.mask(), record.size, record.field)
        return CachedField(record, image, mask)

    def missing_bytes(self, record: Record) -> int:
        """Number of bytes still to be written for a record; 0 if it is in the cache."""
        shapes = ((*record.size, 3), record.size)
        missing = [s for path, s in zip(self._places(record), shapes, strict=True) if not _is_whole(path, s)]
        return sum(HEADER + int(np.prod(shape)) for shape in missing)

    def remove_left_behind(self) -> int:
        """Remove half-written files that killed processes left a day ago or earlier; returns how many."""
        removed, name = 0, f".{'[0-9a-f]' * 40}.*.part"
        for path in [path for kind in ("images", "masks", "files") for path in (self.folder / kind).glob(name)]:
            with contextlib.suppress(OSError):  # already removed, or owned by another user
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
    """Whether the entry is complete: this module never writes partial files, but a copied cache may be truncated."""
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
