"""Finds the image files named by a path, a folder or a glob."""

import glob
from itertools import pairwise
from pathlib import Path

from mitosis.errors import InputError

SUFFIXES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def find_images(given: str) -> list[Path]:
    """The image itself, the images in a folder, or those that match a glob; ``InputError`` if there are none."""
    path = Path(given).expanduser()
    if path.is_file():
        return [path]
    named = path.iterdir() if path.is_dir() else map(Path, glob.glob(_pattern(path), recursive=True))
    images = sorted(
        # Skip hidden files: macOS writes a ._name next to each file on other file systems.
        file
        for file in named
        if file.suffix.lower() in SUFFIXES and file.name[0] != "." and file.is_file()
    )
    if not images:
        reason = "no image in it" if path.is_dir() else "no such file or folder, and as a glob it names no image"
        raise InputError(f"input={given}: {reason} ({', '.join(SUFFIXES)})")
    names = sorted(file.name for file in images)
    if twice := next((name for name, after in pairwise(names) if name == after), None):
        raise InputError(f"input={given}: two images are named {twice}; run them into two output folders")
    return images


def _pattern(path: Path) -> str:
    """``path`` as a glob; brackets in the names of existing folders are taken literally."""
    literal = next(parent for parent in path.parents if parent.is_dir())
    return str(Path(glob.escape(str(literal)), path.relative_to(literal)))
