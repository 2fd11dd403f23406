"""Finds the image files named by a path, a folder or a glob."""

import glob
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from mitosis.errors import InputError
from mitosis.image.walk import is_own

SUFFIXES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
UNREAD = frozenset(
    (".webp", ".jp2", ".j2k", ".jpx", ".gif", ".heic", ".heif", ".avif", ".jxl", ".ppm", ".pgm", ".tga", ".czi", ".lif")
    + (".nd2", ".vsi", ".svs", ".ndpi", ".scn", ".mrxs", ".bif", ".svslide", ".dcm", ".qptiff", ".vms", ".zvi", ".jfif")
)
"""Suffixes of images and slides that are not read as images."""


def find_images(given: str, also: Sequence[str] = ()) -> list[Path]:
    """The image itself, the images in a folder, or those that match a glob; ``InputError`` if there are none.

    A file that several links lead to counts once. Warnings count what lies beside the images and is passed over:
    sub-folders with images, images of kinds that are not read, and links that lead nowhere.

    Args:
        given: A path or a glob.
        also: Further suffixes that count as images, such as those of slides.
    """
    path = Path(given).expanduser()
    if path.is_file():
        return [path]
    named = sorted(path.iterdir() if path.is_dir() else map(Path, glob.glob(_pattern(path), recursive=True)))
    start = path if path.is_dir() else _literal(path)
    own = _once(file for file in named if is_own(file.relative_to(start)))
    warn_of_unread(given, own, also)
    if path.is_dir():
        _warn_of_folders(path, own, also)
    images = list({file.resolve(): file for file in reversed(own) if _is_image(file, also)}.values())[::-1]
    if not images:
        reason = "no image in it" if path.is_dir() else "no such file or folder, and as a glob it names no image"
        raise InputError(f"input={given}: {reason} ({', '.join((*SUFFIXES, *also))})")
    names = sorted(file.name for file in images)
    if twice := next((name for name, after in pairwise(names) if name == after), None):
        raise InputError(f"input={given}: two images are named {twice}; run them into two output folders")
    return images


def _once(files: Iterable[Path]) -> list[Path]:
    """The files without those that a link to a folder shows a second time; the shortest path of each is kept."""
    real: dict[Path, Path] = {}
    for file in sorted(files, key=lambda file: (len(file.parts), file)):
        real.setdefault(file.parent.resolve() / file.name, file)
    return sorted(real.values())


def warn_of_unread(where: object, files: Iterable[Path], also: Sequence[str] = ()) -> None:
    """Warn of images among the files that are passed over, because of their kind or since a link leads nowhere.

    ``also``: suffixes that are read besides ``SUFFIXES``.
    """
    files, read = list(files), (*SUFFIXES, *also)
    kinds = Counter(file.suffix.lower() for file in files if file.suffix.lower() in UNREAD.difference(also))
    if kinds:
        counted = ", ".join(f"{count} {suffix}" for suffix, count in sorted(kinds.items()))
        warnings.warn(f"{where}: {counted} skipped; {', '.join(read)} are read", stacklevel=3)
    lost = [file for file in files if file.suffix.lower() in read and not file.is_file() and not file.is_dir()]
    if lost:
        warnings.warn(f"{where}: {len(lost)} link(s) that lead nowhere are skipped: {lost[0]}", stacklevel=3)


def _warn_of_folders(folder: Path, own: Iterable[Path], also: Sequence[str]) -> None:
    held = [sub.name for sub in own if sub.is_dir() and sub.resolve() != folder.resolve() and _holds_image(sub, also)]
    if held:
        warnings.warn(
            f"{folder}: {len(held)} folder(s) with images in it are skipped: {held[0]}; type"
            f" input='{folder}/**/*' for all",
            stacklevel=3,
        )


def _holds_image(folder: Path, also: Sequence[str]) -> bool:
    return any(_is_image(file, also) and is_own(Path(file.name)) for file in folder.iterdir())


def _is_image(file: Path, also: Sequence[str]) -> bool:
    return file.suffix.lower() in (*SUFFIXES, *also) and file.is_file()


def _literal(path: Path) -> Path:
    """The part of a glob that is an existing folder."""
    return next(parent for parent in path.parents if parent.is_dir())


def _pattern(path: Path) -> str:
    """``path`` as a glob; brackets in the names of existing folders are taken literally."""
    literal = _literal(path)
    return str(Path(glob.escape(str(literal)), path.relative_to(literal)))
