"""What a user should know about how an image file is read, seen from its header."""

import os

from mitosis.image.opening import has_pages, opened
from mitosis.image.rgb import orientation

TURNED = "are turned as their EXIF orientation says and viewers show them"
PAGES = "have several pages, of which the first is read"


def remarks(path: str | os.PathLike[str]) -> list[str]:
    """Those of ``TURNED`` and ``PAGES`` that are true of an image file. Raises ``InputError`` as ``image_size``."""
    with opened(path) as image:
        return [*([TURNED] if orientation(image) != 1 else []), *([PAGES] if has_pages(image) else [])]
