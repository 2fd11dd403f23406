"""A contact sheet of annotated objects, where errors such as swapped x and y are easy to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mitosis.data.record import Record
from mitosis.inference.crop import crop
from mitosis.output.grid import grid
from mitosis.output.overlay import TRUTH

MITOSIS, HARD_NEGATIVE = TRUTH, (0, 90, 255)
SIDE_UM, PIXELS, RADIUS_UM = 16.0, 128, 5.0
"""A crop covers 64 × 64 pixels at 0.25 µm per pixel, and is shown twice as large."""
STRIP = 16
COLUMNS = 12


@dataclass(frozen=True, eq=False)
class Labelled:
    """One annotated object, with ``x`` and ``y`` in pixels of its field."""

    record: Record
    x: float
    y: float
    mitotic: bool


def sample_objects(records: Sequence[Record], count: int, seed: int) -> list[Labelled]:
    """``count`` random objects, half of them mitotic figures if there are enough; sorted by class, then by field.

    Objects with a non-finite position are skipped; objects outside their field appear black.
    """
    rng = np.random.default_rng(seed)
    mitoses = [Labelled(record, x, y, True) for record in records for x, y in record.centroids]
    others = [Labelled(record, x, y, False) for record in records for x, y in record.hard_negatives]
    mitoses, others = ([item for item in items if np.isfinite((item.x, item.y)).all()] for items in (mitoses, others))
    mitotic_count = max((count + 1) // 2, count - len(others))
    chosen = _drawn(rng, mitoses, mitotic_count)
    chosen += _drawn(rng, others, count - len(chosen))
    return sorted(chosen, key=lambda item: (not item.mitotic, item.record.field))


def _drawn(rng: np.random.Generator, items: list[Labelled], count: int) -> list[Labelled]:
    return [items[index] for index in rng.permutation(len(items))[:count]]


def sheet(objects: Sequence[Labelled]) -> np.ndarray:
    """Crops of 16 µm with the field's name and a circle of 5 µm: yellow for mitotic figures, blue for hard negatives.

    Needs at least one object; reads one field at a time. Returns (H, W, 3) uint8 RGB, black outside a field.
    """
    pictures = dict(_pictures(objects))
    return grid([pictures[index] for index in range(len(objects))], columns=min(COLUMNS, len(objects)))


def _pictures(objects: Sequence[Labelled]) -> Iterator[tuple[int, np.ndarray]]:
    by_field: dict[str, list[int]] = {}
    for index, item in enumerate(objects):
        by_field.setdefault(item.record.field, []).append(index)
    for indices in by_field.values():
        image = objects[indices[0]].record.read()
        for index in indices:
            yield index, picture(image, objects[index])


def picture(image: np.ndarray, item: Labelled) -> np.ndarray:
    """The crop of one object from its field's ``image`` (H, W, 3) uint8: (144, 128, 3) uint8, with a title strip."""
    mpp = item.record.mpp
    cut = crop(image, (item.x, item.y), side_um=SIDE_UM, mpp=mpp, pixels=PIXELS, border="black")
    radius = round(RADIUS_UM / SIDE_UM * PIXELS)
    centre = (PIXELS // 2, PIXELS // 2)
    cv2.circle(cut, centre, radius, MITOSIS if item.mitotic else HARD_NEGATIVE, 2, cv2.LINE_AA)
    whole = Image.new("RGB", (PIXELS, PIXELS + STRIP), "white")
    whole.paste(Image.fromarray(cut), (0, STRIP))
    font, name = ImageFont.load_default(11), item.record.field
    while font.getlength(name) > PIXELS - 4:  # the end of a name tells fields apart
        name = f"…{name[2:]}"
    ImageDraw.Draw(whole).text((2, 1), name, fill="black", font=font)
    return np.array(whole)
