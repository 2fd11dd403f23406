"""Files of labels and images of one colour, for tests of the formats."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from mitosis.label.annotation import Labels


def short(labels: Labels) -> list[tuple[bool, float, float]]:
    return [(cell.mitotic, round(cell.x, 6), round(cell.y, 6)) for cell in labels.annotations]


def saved(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def picture(path: Path, width: int = 60, height: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)
