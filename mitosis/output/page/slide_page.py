"""The page of a whole slide: seen from afar, with more detail around its detections and in its hotspot."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from mitosis.count.count import Count
from mitosis.errors import InputError
from mitosis.image.overview import picture_of
from mitosis.image.scan import Scan
from mitosis.image.slide import slide_levels
from mitosis.inference.detections import Detections
from mitosis.output.page.image_page import Detail, write_image_page

LONGEST, GLASS = 3072, 768
"""Most pixels along a side of the picture of a slide, and of one without tissue."""
DETAIL_UM = 0.5
"""µm per pixel of the picture of the hotspot: enough to tell a figure from its neighbours."""
CARD_UM, CARD = 40.0, 160
"""Side of a card's picture, in µm and in pixels."""


def write_slide_page(
    path: Path, name: str, scan: Scan, detections: Detections, count: Count, facts: Sequence[str]
) -> None:
    """Write the page atomically, as one file that needs nothing else; memory does not grow with the slide.

    Args:
        path: The file.
        name: Name of the slide.
        scan: The slide.
        detections: All candidates, in pixels of the scanned area.
        count: Its count.
        facts: Lines on how the detections were made.
    """
    side = max(1, round(CARD_UM / count.mpp))

    def cut(x: float, y: float) -> np.ndarray | None:
        left, top = round(x - side / 2), round(y - side / 2)
        inside = [max(0, left), max(0, top), min(scan.width, left + side), min(scan.height, top + side)]
        card = np.full((side, side, 3), 255, np.uint8)
        try:
            pixels = scan.read(inside[0], inside[1], inside[2] - inside[0], inside[3] - inside[1])
        except InputError:
            return None
        card[inside[1] - top : inside[3] - top, inside[0] - left : inside[2] - left] = pixels
        return cv2.resize(card, (CARD, CARD), interpolation=cv2.INTER_AREA)

    levels = slide_levels(scan.path)
    picture = picture_of(scan, levels, LONGEST if count.area_mm2 else GLASS)
    details = _details(scan, levels, count) if count.mpp * scan.width / picture.shape[1] > DETAIL_UM else []
    write_image_page(path, name, picture, detections, count, facts, cut, details=details)


def _details(scan: Scan, levels: list[float], count: Count) -> list[Detail]:
    """The largest of the circles that hold the most figures; none where the tissue is smaller, or without figures."""
    circles = [hotspot.window for hotspot in count.hotspots if hotspot.window.circle]
    if not circles:
        return []
    window = max(circles, key=lambda circle: circle.width)
    left, top = (max(0, math.floor(middle - window.width / 2)) for middle in (window.x, window.y))
    right, bottom = (
        min(side, math.ceil(middle + window.width / 2))
        for middle, side in ((window.x, scan.width), (window.y, scan.height))
    )
    box = (left, top, right - left, bottom - top)
    return [Detail(picture_of(scan, levels, round(max(box[2:]) * count.mpp / DETAIL_UM), box), *box)]
