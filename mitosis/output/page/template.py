"""Filling a page: its template, and what is put into it."""

import base64
import html
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent
QUALITY = 90


def filled(template: str, **parts: str) -> str:
    """The text of a template with ``{{name}}`` replaced by the part of that name; nothing in a part is replaced."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


@cache
def part(name: str) -> str:
    """The text of a file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def escaped(text: str) -> str:
    """Text as it may stand in HTML, also in quotes."""
    return html.escape(text)


def embedded(value: Any) -> str:
    """``value`` as JSON that may stand within a script: nothing in it ends the script."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def jpeg(picture: np.ndarray) -> str:
    """A picture (H, W, 3) uint8 RGB as the address of itself."""
    return _address(picture, "jpeg", quality=QUALITY, subsampling=0)


def png(picture: np.ndarray) -> str:
    """A picture (H, W, 4) uint8 RGBA as the address of itself."""
    return _address(picture, "png")


def _address(picture: np.ndarray, kind: str, **settings: Any) -> str:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, format=kind, **settings)
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode('ascii')}"
