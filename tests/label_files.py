"""Files of labels, their entries, and images of one colour, for tests of the formats."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from mitosis.label.annotation import Labels


def short(labels: Labels) -> list[tuple[bool, float, float]]:
    return [(cell.mitotic, round(cell.x, 6), round(cell.y, 6)) for cell in labels.annotations]


def with_image(labels: Labels) -> list[tuple[str, bool, float, float]]:
    return [(cell.image, cell.mitotic, cell.x, cell.y) for cell in labels.annotations]


def saved(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def picture(path: Path, width: int = 60, height: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)


def document(annotations: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    images = [{"id": 7, "file_name": "a.tif", "height": 40, "width": 60}, {"id": "b", "file_name": "b.tif"}]
    categories = [{"id": 1, "name": "mitotic figure"}, {"id": 2, "name": "not mitotic figure"}]
    return {"images": images, "categories": categories, "annotations": annotations} | changes


def entry(box: Any, category: Any = 1, image: Any = 7, **more: Any) -> dict[str, Any]:
    return {"id": 3, "image_id": image, "category_id": category, "bbox": box} | more


def feature(kind: str, places: Any, name: Any = "Mitosis") -> dict[str, Any]:
    properties = {"objectType": "annotation"} | ({"classification": name} if name else {})
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": places}, "properties": properties}
