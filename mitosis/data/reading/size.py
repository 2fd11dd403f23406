"""Whether an image has the size that its labels were drawn on."""

from pathlib import Path

from mitosis.errors import InputError
from mitosis.image.file import image_size

Size = tuple[int, int]


def checked_size(path: Path, listed: Size | None, labels: str = "its labels") -> Size:
    """(height, width) of an image; ``listed``: the size that ``labels`` give it, None if they give none.

    Raises ``InputError`` with both sizes if they differ, since every cell would be misplaced, and as ``image_size``.
    """
    size = image_size(path)
    check_same(path, size, listed, labels)
    return size


def check_same(path: Path, size: Size, listed: Size | None, labels: str) -> None:
    """``InputError`` with both sizes unless ``listed`` is ``size`` or None."""
    if listed is None or listed == size:
        return
    turned = "; width and height are exchanged" if listed == size[::-1] else ""
    raise InputError(
        f"{path}: {size[1]} x {size[0]} pixels, and {labels} are of an image of {listed[1]} x {listed[0]} (width x"
        f" height){turned}; use the image and the labels that belong together"
    )
