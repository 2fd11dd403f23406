"""Hashes of everything a field's pixels are computed from: file contents, never file names or times."""

import contextlib
import hashlib
import inspect
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mitosis import files
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.files import read_json

FORMAT = 1
"""Version of the cached data; a new number changes all hashes."""
READING = 2
"""Version of the pixels that a file gives; 2: turned by its EXIF orientation, white where it is transparent."""


def files_of(reader: Callable[..., Any] | None) -> list[Path]:
    """The files among the arguments of a record's reader if it is a partial; otherwise an empty list."""
    given = [*reader.args, *reader.keywords.values()] if isinstance(reader, partial) else []
    return [Path(value) for value in given if isinstance(value, str | Path) and os.path.isfile(value)]


class Fingerprints:
    """Hashes of the sources of a record's image and mask, 40 hexadecimal digits each.

    ``folder``: stores the content hash of each file with its path, size, inode and times in ns, so that each file
    is read completely only once. If the folder is not writable, nothing is stored. ``stain``: as for ``FieldStore``,
    picklable. It is identified by its settings, the code of its class and its result on a fixed image, so that changes
    in the code that it calls also count.
    If a reader is not a partial of a function over files, its pixels are read and hashed instead.
    """

    def __init__(self, folder: Path, stain: Callable[[np.ndarray, str], np.ndarray]) -> None:
        self._folder = folder
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings about this image do not concern the user
            result = stain(_fixed_image(), "a fixed image")
        self._stain = _hash("stain", pickle.dumps(stain, protocol=5), *_code(stain), _pixels(result))

    def image(self, record: Record) -> str:
        """Hash of the stain-normalised image. Raises ``InputError`` if a file cannot be read."""
        return _hash("image", READING, self._stain, self._source(record.read))

    def mask(self, record: Record) -> str:
        """Hash of the mask: of the figures' pixels and circles, or of the mask's file. Raises as ``image`` does."""
        if record.read_mask is not None:
            return _hash("mask", READING, self._source(record.read_mask))
        circles = [tuple(circle) for circle in record.circles]
        more = [("rings", circles)] if circles else []  # no entry without circles: such masks keep their older hash
        return _hash("mask", record.size, *(_pixels(figure.pixels) for figure in record.figures), *more)

    def _source(self, reader: Callable[[], np.ndarray]) -> str:
        if not (isinstance(reader, partial) and inspect.isfunction(reader.func) and files_of(reader)):
            return _pixels(reader())
        files = set(files_of(reader))
        given = [*reader.args, *(item for pair in sorted(reader.keywords.items()) for item in pair)]
        if any(isinstance(value, Path) and value not in files for value in given):  # a folder may hold anything
            return _pixels(reader())
        content = [self._file(Path(v)) if _is_in(v, files) else pickle.dumps(v, protocol=5) for v in given]
        content += [self._file(path) for path in _beside(files)]
        return _hash(reader.func.__module__, reader.func.__qualname__, *content)

    def _file(self, path: Path) -> str:
        real = path.resolve()
        kept, known = self._folder / f"{_hash(str(real))}.json", {}
        with contextlib.suppress(InputError):  # a broken file is rewritten
            known = read_json(kept)
        try:
            with open(real, "rb") as file:
                state = os.fstat(file.fileno())
                # A file that another one was moved onto may have its size and time, but not its inode or change time.
                seen = {"size": state.st_size, "mtime_ns": state.st_mtime_ns}
                seen |= {"inode": state.st_ino, "ctime_ns": state.st_ctime_ns}
                if {key: known.get(key) for key in seen} == seen and isinstance(known.get("content"), str):
                    return known["content"]
                content = hashlib.file_digest(file, _blake).hexdigest()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        with contextlib.suppress(OSError):
            files.write_json(kept, seen | {"content": content})
        return content


def _beside(paths: Iterable[Path]) -> list[Path]:
    """The files that hold the pixels of MRXS slides, in the folder of each slide's name."""
    folders = sorted(path.with_suffix("") for path in paths if path.suffix.lower() == ".mrxs")
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()]


def _fixed_image(side: int = 64) -> np.ndarray:
    """A (side, side, 3) uint8 image to which stains can be fitted.

    Hematoxylin increases from top to bottom and eosin from left to right. It is computed in integers, so that it is the
    same on every machine.
    """
    y, x = np.mgrid[:side, :side]
    absorbed = [2 * y + x // 4, 2 * y + 2 * x, y + x]
    return (250 - np.stack(absorbed, axis=2) * 192 // (4 * side)).astype(np.uint8)


def _code(stain: Callable[..., Any]) -> list[str]:
    """The source of the modules that define a stain, its class and its base classes, without the standard library."""
    names = dict.fromkeys(item.__module__ for item in (stain, *inspect.getmro(type(stain))))
    modules = [sys.modules.get(name) for name in names if name.split(".")[0] not in sys.stdlib_module_names]
    # Code typed at a prompt, or compiled, has no source.
    return [
        inspect.getsource(module)
        for module in modules
        if module and str(getattr(module, "__file__", "")).endswith(".py")
    ]


def _is_in(value: Any, files: set[Path]) -> bool:
    return isinstance(value, str | Path) and Path(value) in files


def _pixels(array: np.ndarray) -> str:
    return _hash(array.dtype.str, array.shape, np.ascontiguousarray(array).data)


def _hash(*parts: Any) -> str:
    """Hash of bytes and plain values, each with its length, so that no two lists of parts collide."""
    digest = _blake(str(FORMAT).encode())
    for part in parts:
        content = part if isinstance(part, bytes | memoryview) else repr(part).encode()
        digest.update(f"{memoryview(content).nbytes}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _blake(content: bytes = b"") -> Any:
    return hashlib.blake2b(content, digest_size=20)
