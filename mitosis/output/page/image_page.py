"""The page of one image: its detections to look at, accept, reject and add, with the count made anew at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mitosis import files
from mitosis.count.count import RESEARCH, Count, circles
from mitosis.count.nottingham import CUTS, CUTS_FROM, ten_fields_mm2
from mitosis.inference.detections import Detections
from mitosis.label.geojson import CLASSES
from mitosis.label.name import shown_name
from mitosis.output.page.heat import Heat, heat_picture
from mitosis.output.page.template import embedded, escaped, filled, jpeg, part
from mitosis.output.qupath import CORNERS, SMALLEST_UM
from mitosis.output.table import HEADER, MITOSIS, OTHER

LONGEST = 8192
"""Most pixels along a side of the embedded picture: browsers draw no larger ones for certain."""
NEAR_MISSES = 2000
"""Most candidates that were not accepted on a page: those with the highest scores."""
CUTS_OF = {"yes": 300, "no": 200}
"""Most figures and near-misses of a slide that are shown by a picture of their own: those with the highest scores."""
HEATS_OF = {"yes": 300, "no": 60}
"""Most figures and near-misses with a heat map: those whose cards are shown before anyone asks for more."""
RADIUS_UM = 10.0
"""Radius of the marks around detections."""
ADDED_UM = 4.0
"""Radius of a figure that the reader adds, whose area is not known: that of a label given as a point."""


@dataclass(frozen=True, eq=False)
class Detail:
    """A larger picture of a part of the image.

    Attributes:
        picture: (h, w, 3) uint8 RGB.
        left: Left edge of the part, in pixels of the image.
        top: Its upper edge.
        width: Its width in pixels of the image.
        height: Its height.
    """

    picture: np.ndarray
    left: int
    top: int
    width: int
    height: int


Cut = Callable[[float, float], np.ndarray | None]
"""Gives the pixels around x, y as (s, s, 3) uint8 RGB for a card, None if they cannot be read."""
Picture = Callable[[float, float], str | None]
"""Gives a picture for the card of x, y as the address of itself, if there is one."""


def write_image_page(
    path: Path,
    name: str,
    image: np.ndarray,
    detections: Detections,
    count: Count,
    facts: Sequence[str],
    cut: Cut | None = None,
    heat: Heat | None = None,
    details: Sequence[Detail] = (),
) -> None:
    """Write the page atomically, as one file that needs nothing else.

    Args:
        path: The file.
        name: Name of the image.
        image: (h, w, 3) uint8 RGB, the image, or a smaller picture of it.
        detections: All candidates, in pixels of the image at full resolution.
        count: Its count.
        facts: Lines on how the detections were made.
        cut: Makes the pictures of the first cards, ``CUTS_OF`` of each kind, where the page's picture is too small for
            them. None: all are cut from the picture.
        heat: Makes the heat maps of the first cards, ``HEATS_OF`` of each kind. None: there are none.
        details: Parts of the image of which there are larger pictures.
    """
    shrunk = min(1.0, LONGEST / max(image.shape[:2]))
    if shrunk < 1:
        sides = [max(1, round(side * shrunk)) for side in image.shape[1::-1]]
        image = cv2.resize(image, sides, interpolation=cv2.INTER_AREA)
    data: dict[str, Any] = {"heat_um": heat.side_um if heat else None, **_data(name, detections, count, facts)}
    data |= {"scale": image.shape[1] / count.size[1], "picture": jpeg(image)}
    data["cuts_of"] = CUTS_OF if cut else None
    data["crops"] = _first(data["detections"], CUTS_OF, lambda x, y: _card(cut, x, y)) if cut else []
    data["details"] = [{**vars(detail), "picture": jpeg(detail.picture)} for detail in details]
    data["heats_of"] = HEATS_OF
    data["heats"] = _first(data["detections"], HEATS_OF, lambda x, y: heat_picture(heat.at(x, y))) if heat else []
    text = filled(
        part("page.html"),
        title=escaped(name),
        style=part("page.css"),
        script="".join(map(part, ("count.js", "viewer.js", "review.js"))),
        data=embedded(data),
    )
    files.write_text(path, text)


def _data(name: str, detections: Detections, count: Count, facts: Sequence[str]) -> dict[str, Any]:
    kept = _kept(detections)
    columns = (detections.points[kept], detections.scores[kept], detections.accepted[kept], detections.area_um2[kept])
    rows = [
        [round(float(x), 2), round(float(y), 2), round(float(score), 4), int(accepted), round(float(area), 2)]
        for (x, y), score, accepted, area in zip(*columns, strict=True)
    ]
    pixels, cuts = 1e3 / count.mpp, CUTS[count.hpf_mm]
    return {
        "name": name,
        "shown": shown_name(name),
        "width": count.size[1],
        "height": count.size[0],
        "mpp": count.mpp,
        "area": count.area_mm2,
        "detections": rows,
        "left_out": len(detections.scores) - len(kept),
        "circles": [
            {"name": name, "area": area, "radius": (area / np.pi) ** 0.5 * pixels, "ten": ten}
            for name, area, ten in circles(count.hpf_mm, count.area_mm2)
        ],
        "hpf_mm": count.hpf_mm,
        "ten": ten_fields_mm2(count.hpf_mm),
        "cuts": cuts,
        "cuts_from": CUTS_FROM,
        "facts": facts,
        "radius": RADIUS_UM / count.mpp,
        "added": ADDED_UM / count.mpp,
        "corners": CORNERS,
        "smallest": SMALLEST_UM / count.mpp,
        "classes": {"yes": CLASSES[True], "no": CLASSES[False]},
        "words": {"yes": MITOSIS, "no": OTHER},
        "header": HEADER,
        "note": RESEARCH,
    }


def _kept(detections: Detections) -> np.ndarray:
    """Indices of all accepted candidates, and of the others with the highest scores."""
    order = np.argsort(-detections.scores, kind="stable")
    near = order[~detections.accepted[order]][:NEAR_MISSES]
    return np.concatenate([order[detections.accepted[order]], near])


def _first(rows: Sequence[Sequence[float]], most: Mapping[str, int], picture: Picture) -> list[str | None]:
    """The picture of each row's card, as far as ``most`` of its kind goes; None for the others."""
    left, pictures = {True: most["yes"], False: most["no"]}, list[str | None]()
    for x, y, _, accepted, _ in rows:
        left[bool(accepted)] -= 1
        pictures.append(picture(x, y) if left[bool(accepted)] >= 0 else None)
    return pictures


def _card(cut: Cut, x: float, y: float) -> str | None:
    pixels = cut(x, y)
    return None if pixels is None else jpeg(pixels)
