"""What an image file says of its own resolution."""

import os
import re
from typing import Any, NamedTuple

from mitosis.image.opening import opened

_X, _Y, _UNIT, _DESCRIPTION = 282, 283, 296, 270
_UM = {2: 25_400.0, 3: 10_000.0}
"""TIFF's unit of its resolution → µm: inch and centimetre."""
_UM_OF = {"nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
"""Unit of length in a TIFF's description → µm."""
PLACEHOLDER = 20.0
"""µm per pixel (1270 dpi) from which on a resolution is for a screen or a printer and says nothing of the tissue."""


class Stated(NamedTuple):
    """A resolution in µm per pixel, along x and along y, and who says so, such as "its tag"."""

    source: str
    x: float
    y: float

    @property
    def mpp(self) -> float:
        """The mean of both axes."""
        return (self.x + self.y) / 2


def stated_mpp(path: str | os.PathLike[str]) -> list[Stated]:
    """All that an image file says of its resolution, the most trusted first.

    A TIFF may give it in OME's, ImageJ's or Aperio's description and in its tags; of those, one of a screen or printer
    (``PLACEHOLDER``) is kept if there is no other. PNG, JPEG and BMP give it in their header, where one of a screen or
    printer is usual and says nothing. Raises ``InputError`` as ``image_size``.
    """
    with opened(path) as image:
        if image.format != "TIFF":
            return [one for one in (_header(image.info.get("dpi")),) if one and min(one.x, one.y) < PLACEHOLDER]
        tags: Any = getattr(image, "tag_v2", {})
        text = _text(tags.get(_DESCRIPTION))
        found = [one for one in (_ome(text), _imagej(text, tags), _aperio(text), _tagged(tags)) if one is not None]
    told = [one for one in found if min(one.x, one.y) < PLACEHOLDER]
    return told or found


def described_mpp(text: str) -> list[Stated]:
    """What a TIFF's description, OME's or Aperio's, says of the resolution."""
    return [one for one in (_ome(text), _aperio(text)) if one is not None]


def _text(description: Any) -> str:
    """A TIFF's description; most programs write UTF-8, which Pillow takes for Latin-1."""
    text = description if isinstance(description, str) else ""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _header(per_inch: Any) -> Stated | None:
    x, y = (
        (positive(value) for value in per_inch) if isinstance(per_inch, tuple) and len(per_inch) == 2 else (None,) * 2
    )
    return None if not x or not y else Stated("its header", _UM[2] / x, _UM[2] / y)


def _tagged(tags: Any) -> Stated | None:
    unit = _UM.get(tags.get(_UNIT, 2))
    x, y = (positive(tags.get(tag)) for tag in (_X, _Y))
    return None if unit is None or not x or not y else Stated("its tag", unit / x, unit / y)


def _imagej(text: str, tags: Any) -> Stated | None:
    unit = re.search(r"^unit=(\S+)", text, re.MULTILINE) if text.startswith("ImageJ") else None
    length = (
        None if unit is None else _UM_OF.get(unit[1].encode().decode("unicode_escape") if "\\" in unit[1] else unit[1])
    )
    x, y = (positive(tags.get(tag)) for tag in (_X, _Y))
    return None if length is None or not x or not y else Stated("ImageJ's description", length / x, length / y)


def _aperio(text: str) -> Stated | None:
    given = re.search(r"\|\s*MPP\s*=\s*([0-9.,]+)", text, re.IGNORECASE) if text.startswith("Aperio") else None
    mpp = positive(given[1].replace(",", ".")) if given else None
    return None if not mpp else Stated("Aperio's description", mpp, mpp)


def _ome(text: str) -> Stated | None:
    """From the attributes of the first image; the XML itself is not parsed, so that no entity in it is resolved.

    An axis that is not given has the resolution of the other.
    """
    if not (pixels := re.search(r"<(?:\w+:)?Pixels\b[^>]*>", text)):
        return None
    axes = []
    for axis in "XY":
        value, unit = (
            re.search(rf"""\bPhysicalSize{axis}{of}\s*=\s*(?:"([^"]*)"|'([^']*)')""", pixels[0]) for of in ("", "Unit")
        )
        length = _UM_OF.get(_unescaped(unit[1] or unit[2])) if unit else 1.0
        number = positive(value[1] or value[2]) if value else None
        axes.append(number * length if number and length else None)
    x, y = axes[0] or axes[1], axes[1] or axes[0]
    return None if not x or not y else Stated("OME", x, y)


def _unescaped(text: str) -> str:
    return re.sub(r"&#(\d+);|&#x([0-9A-Fa-f]+);", lambda code: chr(int(code[1]) if code[1] else int(code[2], 16)), text)


def positive(value: Any) -> float | None:
    """A length or a resolution as a number; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < 1e9 else None
