"""Detections drawn on their image."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mitosis import files

ACCEPTED, REJECTED, TRUTH = (0, 160, 60), (120, 120, 120), (255, 210, 0)
RADIUS_UM = 10.0


def draw(
    image: np.ndarray, points: np.ndarray, accepted: np.ndarray, *, mpp: float, truths: np.ndarray | None = None
) -> np.ndarray:
    """A copy of ``image`` (H, W, 3) uint8 RGB with a circle of 10 µm radius around each point (n, 2) x, y.

    Accepted points are green, rejected ones thin and grey; ``truths`` (m, 2) get a yellow square.
    """
    picture = np.ascontiguousarray(image).copy()
    radius = max(4, round(RADIUS_UM / mpp))
    width = max(1, radius // 14)
    for x, y in np.zeros((0, 2)) if truths is None else truths:
        if not _touches(picture, x, y, radius):
            continue
        corner, other = (round(x) - radius, round(y) - radius), (round(x) + radius, round(y) + radius)
        cv2.rectangle(picture, corner, other, TRUTH, width, cv2.LINE_AA)
    for (x, y), is_accepted in zip(points, accepted, strict=True):
        if not _touches(picture, x, y, radius):
            continue
        colour, thickness = (ACCEPTED, 2 * width) if is_accepted else (REJECTED, width)
        cv2.circle(picture, (round(x), round(y)), radius, colour, thickness, cv2.LINE_AA)
    return picture


def _touches(picture: np.ndarray, x: float, y: float, radius: int) -> bool:
    """Whether a mark around the point would be visible; far outside, OpenCV's coordinates overflow."""
    height, width = picture.shape[:2]
    return -2 * radius <= x <= width + 2 * radius and -2 * radius <= y <= height + 2 * radius


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write ``picture`` (H, W, 3) uint8 RGB to ``path`` (.png) atomically."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, format="PNG")
    with files.replacing(path) as file:
        file.write(data.getvalue())
