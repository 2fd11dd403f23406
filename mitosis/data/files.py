"""A dataset's folder: whether it is one, and the files in it."""

import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mitosis.errors import InputError


def checked(root: str | os.PathLike | None, what: str) -> Path:
    """``data.root`` as a folder that exists; ``what`` it is to hold is said where it is not set.

    Raises ``InputError`` for none, a missing one, a file, and an archive that wants to be unpacked.
    """
    if not root:
        raise InputError(f"data.root=DIR is not set: DIR is {what}")
    path = Path(root).expanduser()
    if path.is_file():
        packed = zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
        raise InputError(f"data.root={path} is {'an archive: unpack it' if packed else 'a file'}; give the folder")
    if not path.is_dir():
        raise InputError(f"data.root={path}: no such folder")
    return path


def files_under(root: Path) -> Iterator[Path]:
    """Every file under ``root``; links to folders are followed, each folder is entered once."""
    entered = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            subfolders.clear()
            continue
        entered.add(real)
        yield from (Path(folder, name) for name in names)
