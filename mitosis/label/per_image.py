"""Formats that have a label file for each image: what the files are called."""

from pathlib import Path, PurePosixPath

from mitosis.errors import InputError

IMAGES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def bare(image: str) -> str:
    """An image's name without the suffix of an image file, where it has one."""
    name = PurePosixPath(image)
    return str(name.with_suffix("")) if name.suffix.lower() in IMAGES else image


def file_of(folder: Path, name: str, suffix: str) -> Path:
    """The file ``name`` + ``suffix`` in ``folder``, in folders of its own where ``name`` has them.

    Raises ``InputError`` for a name that leads out of ``folder``, and for a file that is there already.
    """
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or "/" in parts or "\\" in name or "\0" in name:
        raise InputError(f"the image {name!r} cannot give a file its name; rename it")
    path = folder.joinpath(*parts[:-1], parts[-1] + suffix)
    if path.exists():
        raise InputError(f"two images would have the label file {name}{suffix}; rename one of them")
    return path
