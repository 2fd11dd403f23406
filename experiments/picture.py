"""Shared by the figures of fields and cells: the choice of fields, and drawing each as a square with a title."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mitosis.data.fold.lists import Parts
from mitosis.data.fold.subset import subset
from mitosis.data.record import Record
from mitosis.inference.crop import crop
from mitosis.output.overlay import TRUTH

SIDE, STRIP, AROUND = 512, 24, 5
"""In pixels: side of a square, height of the title strip, distance of an outline from its mitosis."""
CELL_UM, CELL = 16.0, 128
"""Side of the square around a cell, in µm and in pixels."""


def samples(records: Sequence[Record], count: int) -> tuple[Record, ...]:
    """``count`` fields from the cases in turn, those with mitoses first."""
    return subset(Parts(tuple(records), (), ()), count).train


def cell(image: np.ndarray, point: tuple[float, float], mpp: float) -> np.ndarray:
    """The square around ``point``, x and y in pixels, of (H, W, 3) uint8; black beyond it, as in Figure 10."""
    return crop(image, point, side_um=CELL_UM, mpp=mpp, pixels=CELL, border="black")


def fitted(image: np.ndarray) -> np.ndarray:
    """An image (H, W) or (H, W, 3) uint8 resized so that its longer side is ``SIDE``."""
    scale = SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A copy of ``image`` (H, W, 3) uint8 with yellow outlines around the non-zero regions of ``mask`` (H, W) uint8."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * AROUND + 1, 2 * AROUND + 1))
    lines, _ = cv2.findContours(cv2.dilate(mask, around), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(image.copy(), lines, -1, TRUTH, 2, cv2.LINE_AA)


def titled(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture of at most ``SIDE`` × ``SIDE`` pixels, centred in a white square, with ``text`` in a strip above."""
    height, width = picture.shape[:2]
    square = np.full((SIDE, SIDE, 3), 255, np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square[top : top + height, left : left + width] = picture
    return headed(square, text)


def headed(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture of any size with ``text`` in a white strip of ``STRIP`` pixels above."""
    height, width = picture.shape[:2]
    whole = Image.new("RGB", (width, STRIP + height), "white")
    whole.paste(Image.fromarray(picture), (0, STRIP))
    ImageDraw.Draw(whole).text((4, 3), text, fill="black", font=ImageFont.load_default(15))
    return np.array(whole)
