"""Atomic writing of files, and reading them with one-line errors."""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import yaml

from mitosis.errors import InputError

_HELD = ".held"
"""File in a temporary folder that its process keeps locked."""
_YOUNG = 60
"""Seconds after which a temporary folder that nobody holds was left behind, and is not just being made."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], mode: str = "wb", **kwargs: Any) -> Generator[IO[Any]]:
    """Open a temporary file next to ``path`` that replaces ``path`` on success; on any error, ``path`` is unchanged.

    The temporary file is removed, and the error is passed on (for a full disk, an ``OSError`` naming ``path``).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(descriptor, mode, **kwargs) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException as error:
        if name is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        if isinstance(error, OSError) and (name is None or error.filename in (None, name)):
            raise OSError(error.errno, error.strerror, str(path)) from error  # not the temporary name
        raise


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str]) -> Generator[Path]:
    """Yield a temporary folder that is renamed to ``path`` on success and removed on any error.

    Raises ``InputError`` if ``path`` is a file or a folder that is not empty, and ``OSError`` if writing fails.
    """
    path = Path(path)
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise InputError(f"{path} {'is a file' if path.is_file() else 'holds something already'}; give a new folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(f".{path.name}.", ".part", path.parent) as place:
        filled = place / "filled"
        filled.mkdir()
        try:
            yield filled
        except OSError as error:
            if error.filename is not None and (file := Path(error.filename)).is_relative_to(filled):
                # not the temporary name, which is gone when the user reads it
                raise OSError(error.errno, error.strerror, str(path / file.relative_to(filled))) from error
            raise
        os.replace(filled, path)


@contextlib.contextmanager
def scratch_folder(prefix: str, suffix: str = "", within: Path | None = None) -> Generator[Path]:
    """Yield a temporary folder that is removed in the end; those that killed processes left are removed first.

    Args:
        prefix: What its name begins with; with ``suffix``, it tells which folders are swept.
        suffix: What its name ends with.
        within: Where it is made; None for the system's place for temporary files.
    """
    within = Path(tempfile.gettempdir()) if within is None else within
    for left in within.glob(f"{glob.escape(prefix)}*{glob.escape(suffix)}"):
        _remove_if_left(left)
    with (
        tempfile.TemporaryDirectory(prefix=prefix, suffix=suffix, dir=within) as name,
        open(Path(name, _HELD), "w") as held,
    ):
        with contextlib.suppress(OSError):  # a file system without locks: the folder stays if this process is killed
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Path(name)


def _remove_if_left(folder: Path) -> None:
    try:
        descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # of another program or user, or not quite made
        return
    with os.fdopen(descriptor, "r+") as held, contextlib.suppress(OSError):
        state = os.fstat(held.fileno())
        if folder.is_symlink() or state.st_uid != os.getuid() or time.time() - state.st_mtime < _YOUNG:
            return
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Create a folder, and a file in it for a moment; ``InputError`` naming the folder if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
            file.flush()
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}, so nothing can be written there; give another folder") from error


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` to ``path`` atomically, in UTF-8."""
    with replacing(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` to ``path`` atomically, as indented JSON; NaN is written as null."""
    write_text(path, json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a yaml file of a run folder as a dict; ``InputError`` naming it if it is missing or broken."""
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path.parent} is not a run folder: it has no {path.name}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not readable as yaml ({' '.join(str(error).split())})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not a table of keys; it was cut off or written by something else")
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run folder as a dict, empty if it is missing; ``InputError`` naming it if it is broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:  # not JSON, not text, or nested too deeply
        raise InputError(f"{path} is not readable as json ({error}); remove it and run the step again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not a table of keys; remove it and run the step again")
    return value


def digest(path: Path) -> str:
    """SHA-256 of a file's content; ``InputError`` naming it if it is missing."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the step that makes it first") from None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
