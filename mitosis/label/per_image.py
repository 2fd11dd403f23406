"""File names of the formats with one label file per image."""

from pathlib import Path, PurePosixPath
from typing import Any

from mitosis.errors import InputError
from mitosis.label.name import composed

IMAGES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def bare(image: str) -> str:
    """An image's name without its suffix, if that is one of an image file."""
    name = PurePosixPath(image)
    return str(name.with_suffix("")) if name.suffix.lower() in IMAGES else image


def named(image: str, given: Any) -> tuple[str, dict[str, str]]:
    """The image's full name, and ``Labels.inner``: ``given`` is the name that its label file gives it, None for none.

    If both are one name but for the suffix, it is the image's. Any other leaves ``image`` as it is.
    """
    inner = PurePosixPath(composed(str(given or "")).replace("\\", "/")).name
    own = PurePosixPath(image).name
    if not inner:
        return image, {}
    if bare(inner).casefold() != bare(own).casefold():
        return image, {image: inner}
    return (image if own != bare(own) else image + inner[len(bare(inner)) :]), {}


def file_of(folder: Path, name: str, suffix: str) -> Path:
    """The path ``name`` + ``suffix`` in ``folder``; ``name`` may contain folders.

    Raises ``InputError`` if the name leads out of ``folder`` or the file already exists.
    """
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or "/" in parts or "\\" in name or "\0" in name:
        raise InputError(f"the image {name!r} cannot give a file its name; rename it")
    path = folder.joinpath(*parts[:-1], parts[-1] + suffix)
    if path.exists():
        raise InputError(f"two images would have the label file {name}{suffix}; rename one of them")
    return path
