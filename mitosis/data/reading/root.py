"""Checks the folder that a user gives for a dataset, and the files found in it."""

import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from mitosis.errors import InputError

IMAGES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
"""Suffixes of the files that ``mitosis.image.file.read_image`` reads."""


def checked_root(root: str | os.PathLike[str] | None, holds: str) -> Path:
    """``data.root`` as an existing folder; ``holds`` describes its expected content in error messages.

    Raises ``InputError`` if it is not set, does not exist, or is a file (archives must be unpacked).
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


def unique(paths: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """Key → path, sorted by key. Raises ``InputError`` naming both files if a key occurs twice."""
    paths_by_key: dict[str, Path] = {}
    for key, path in sorted(paths):
        if key in paths_by_key:
            raise InputError(f"two files of one field: {paths_by_key[key]} and {path}; remove one of them")
        paths_by_key[key] = path
    return paths_by_key
