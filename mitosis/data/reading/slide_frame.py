"""The part of a slide that the coordinates of its labels count from."""

from pathlib import Path
from typing import NamedTuple

from mitosis.data.reading.size import Size, check_same
from mitosis.image.slide import slide_bounds, slide_size


class Frame(NamedTuple):
    """Left and upper edge within the slide, and (height, width), all in pixels at full resolution."""

    x: int
    y: int
    size: Size


def frame_of(path: Path, listed: Size | None) -> Frame:
    """The whole slide, or what was scanned of it if that has the size that the labels give.

    Some scanners (MRXS) put what they scanned into a much larger slide. SlideRunner counts from the corner of that
    slide, others from that of the scanned part.

    Args:
        path: The slide.
        listed: (height, width) that the labels give the slide; None if they give none.

    Raises:
        InputError: The labels give another size than both, or the slide cannot be read.
    """
    x, y, width, height = slide_bounds(path)
    whole = slide_size(path)
    if listed is not None and listed == (height, width):
        return Frame(x, y, listed)
    check_same(path, whole, listed, "the cells in its database")
    return Frame(0, 0, whole)
