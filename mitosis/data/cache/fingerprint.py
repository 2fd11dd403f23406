"""What a field's pixels follow from, as a hash: content of files, never their names or times."""

import contextlib
import hashlib
import inspect
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mitosis import files
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.files import read_json

FORMAT = 1
"""Of what is kept under these hashes; another number makes other hashes."""


def files_of(reader: Callable[..., Any] | None) -> list[Path]:
    """The files among the arguments of a record's reader, where it is a partial over paths; else none."""
    given = [*reader.args, *reader.keywords.values()] if isinstance(reader, partial) else []
    return [Path(value) for value in given if isinstance(value, str | Path) and os.path.isfile(value)]


class Fingerprints:
    """Hashes of what a record's image and mask are made of, 40 hexadecimal digits each.

    ``folder``: keeps the content hash of each file by its path, size and time of change in ns, so that a file is read
    through once and only looked at from then on; where nothing can be written, nothing is kept. ``stain``: picklable,
    as ``FieldStore`` takes it. It is known by its settings, the code of its class, and what it makes of a fixed image,
    so that a change of any code that it calls counts as well.
    A reader that is no partial of a function over files is asked for its pixels, which costs what reading costs.
    """

    def __init__(self, folder: Path, stain: Callable[[np.ndarray, str], np.ndarray]) -> None:
        self._folder = folder
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong with this image is no user's concern
            result = stain(_fixed_image(), "a fixed image")
        self._stain = _hash("stain", pickle.dumps(stain, protocol=5), *_code(stain), _pixels(result))

    def image(self, record: Record) -> str:
        """Of the stain-normalised image. Raises ``InputError`` for a file that cannot be read."""
        return _hash("image", self._stain, self._source(record.read))

    def mask(self, record: Record) -> str:
        """Of the mask: of the figures' pixels and the circles, or of what it is read from. Raises as ``image`` does."""
        if record.read_mask is not None:
            return _hash("mask", self._source(record.read_mask))
        circles = [tuple(circle) for circle in record.circles]
        more = [("rings", circles)] if circles else []  # without any the hash is that of masks which know of none
        return _hash("mask", record.size, *(_pixels(figure.pixels) for figure in record.figures), *more)

    def _source(self, reader: Callable[[], np.ndarray]) -> str:
        if not (isinstance(reader, partial) and inspect.isfunction(reader.func) and files_of(reader)):
            return _pixels(reader())
        files = set(files_of(reader))
        given = [*reader.args, *(item for pair in sorted(reader.keywords.items()) for item in pair)]
        if any(isinstance(value, Path) and value not in files for value in given):  # a folder may hold anything
            return _pixels(reader())
        content = [self._file(Path(v)) if _is_in(v, files) else pickle.dumps(v, protocol=5) for v in given]
        return _hash(reader.func.__module__, reader.func.__qualname__, *content)

    def _file(self, path: Path) -> str:
        real = path.resolve()
        kept, known = self._folder / f"{_hash(str(real))}.json", {}
        with contextlib.suppress(InputError):  # one that is broken is written anew
            known = read_json(kept)
        try:
            with open(real, "rb") as file:
                state = os.fstat(file.fileno())
                seen = {"size": state.st_size, "mtime_ns": state.st_mtime_ns}
                if {key: known.get(key) for key in seen} == seen and isinstance(known.get("content"), str):
                    return known["content"]
                content = hashlib.file_digest(file, _blake).hexdigest()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        with contextlib.suppress(OSError):
            files.write_json(kept, seen | {"content": content})
        return content


def _fixed_image(side: int = 64) -> np.ndarray:
    """An image that stains can be fitted to, (side, side, 3) uint8.

    Hematoxylin grows from top to bottom and eosin from left to right, in integers alone: the same on every machine.
    """
    y, x = np.mgrid[:side, :side]
    absorbed = [2 * y + x // 4, 2 * y + 2 * x, y + x]
    return (250 - np.stack(absorbed, axis=2) * 192 // (4 * side)).astype(np.uint8)


def _code(stain: Callable[..., Any]) -> list[str]:
    """The source of the modules that define a stain, its class and the bases of that; none of Python's own modules."""
    names = dict.fromkeys(item.__module__ for item in (stain, *inspect.getmro(type(stain))))
    modules = [sys.modules.get(name) for name in names if name.split(".")[0] not in sys.stdlib_module_names]
    # What was typed at a prompt, or compiled, has no source.
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
    """Of bytes and of plain values, each with its length, so that no two lists of parts read alike."""
    digest = _blake(str(FORMAT).encode())
    for part in parts:
        content = part if isinstance(part, bytes | memoryview) else repr(part).encode()
        digest.update(f"{memoryview(content).nbytes}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _blake(content: bytes = b"") -> Any:
    return hashlib.blake2b(content, digest_size=20)
