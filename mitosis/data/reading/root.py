"""The folder that a user names as a dataset's: checked, and walked through."""

import os
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from mitosis.errors import InputError

IMAGES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
"""What ``mitosis.image.file.read_image`` reads."""


def checked_root(root: str | os.PathLike[str] | None, holds: str) -> Path:
    """``data.root`` as a folder; ``holds`` says in the error messages what it should hold.

    Raises ``InputError`` when it is not set, not there, or a file (an archive is to be unpacked).
    """
    if not root:
        raise InputError(f"data.root=DIR is not set: DIR is the folder that holds {holds}")
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


def unique(paths: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """Key → path, in the order of the keys. Raises ``InputError`` naming both files of a key that is there twice."""
    paths_by_key: dict[str, Path] = {}
    for key, path in sorted(paths):
        if key in paths_by_key:
            raise InputError(f"two files of one field: {paths_by_key[key]} and {path}; remove one of them")
        paths_by_key[key] = path
    return paths_by_key
