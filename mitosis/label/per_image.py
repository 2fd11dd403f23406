"""File names of the formats with one label file per image."""

from pathlib import Path, PurePosixPath

from mitosis.errors import InputError

IMAGES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def bare(image: str) -> str:
    """An image's name without its suffix, if that is one of an image file."""
    name = PurePosixPath(image)
    return str(name.with_suffix("")) if name.suffix.lower() in IMAGES else image


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
