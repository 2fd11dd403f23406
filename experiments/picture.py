"""Shared by figures 7 and 8: the choice of fields, and drawing each as a square with a title."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mitosis.data.fold.lists import Parts
from mitosis.data.fold.subset import subset
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.output.overlay import TRUTH

SIDE, STRIP, AROUND = 512, 24, 5
"""In pixels: side of a square, height of the title strip, distance of an outline from its mitosis."""


def samples(records: Sequence[Record], count: str) -> tuple[Record, ...]:
    """``count`` fields from the cases in turn, those with mitoses first; ``InputError`` unless it is at least 1."""
    if not count.isdecimal() or not int(count):
        raise InputError(f"fields={count}: give a whole number, 1 or more")
    return subset(Parts(tuple(records), (), ()), int(count)).train


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
    whole = Image.new("RGB", (SIDE, SIDE + STRIP), "white")
    whole.paste(Image.fromarray(picture), ((SIDE - width) // 2, STRIP + (SIDE - height) // 2))
    ImageDraw.Draw(whole).text((4, 3), text, fill="black", font=ImageFont.load_default(15))
    return np.array(whole)
