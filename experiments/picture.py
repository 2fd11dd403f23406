"""What figures 7 and 8 share: which fields are shown, and each of them as a square with its name above."""

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
"""Pixels: side of a square, height of the strip above it, distance of an outline from its mitosis."""


def samples(records: Sequence[Record], wanted: str) -> tuple[Record, ...]:
    """So many fields from the cases in turn, those with mitoses first. Raises ``InputError`` for no number, or none."""
    if not wanted.isdecimal() or not int(wanted):
        raise InputError(f"fields={wanted}: give a whole number, 1 or more")
    return subset(Parts(tuple(records), (), ()), int(wanted)).train


def fitted(image: np.ndarray) -> np.ndarray:
    """An image (H, W) or (H, W, 3) uint8 resized so that its longer side is ``SIDE``."""
    scale = SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A copy of ``image`` (H, W, 3) uint8 with a yellow line round whatever is not black in ``mask`` (H, W) uint8."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * AROUND + 1, 2 * AROUND + 1))
    lines, _ = cv2.findContours(cv2.dilate(mask, around), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(image.copy(), lines, -1, TRUTH, 2, cv2.LINE_AA)


def titled(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture of at most ``SIDE`` pixels to a side in the middle of a white square, ``text`` in a strip above."""
    height, width = picture.shape[:2]
    whole = Image.new("RGB", (SIDE, SIDE + STRIP), "white")
    whole.paste(Image.fromarray(picture), ((SIDE - width) // 2, STRIP + (SIDE - height) // 2))
    ImageDraw.Draw(whole).text((4, 3), text, fill="black", font=ImageFont.load_default(15))
    return np.array(whole)
