"""Figure 1 of SCMitosis, mitoses and cells that are none: ``python experiments/figure1.py [data=WORD] [KEY=VALUE …]``.

Shows mitoses above and look-alikes below, of fields from the cases in turn. Where a dataset labels no look-alikes, its
darkest nuclei far from any label stand for them. ``cells`` is the number of each (default 8), ``output`` the picture
(default ``prepared/WORD/figure1.png``). Other keys, such as ``root``, are settings of the dataset. Without ``data``,
synthetic fields are shown, which need no ``root``.
"""

from collections.abc import Callable, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path

import cv2
import numpy as np
from picture import CELL_UM, cell, headed, samples
from scipy.spatial.distance import cdist
from script import opened, pairs, run, whole_number

from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.mask_value import BACKGROUND
from mitosis.inference.peaks import find_peaks
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture

COLUMNS = 8
SIGMA_UM, APART_UM = 1.5, 8.0
"""Smoothing that makes a nucleus one dark place, and the smallest distance of two nuclei."""
FLAT = 0.02
"""A field of smaller deviation in darkness, which is 0 to 1, holds no nuclei: each of its pixels would be one."""


def main(arguments: Sequence[str]) -> None:
    settings = {"data": "synthetic", "cells": "8"} | pairs(arguments)
    word, count = settings.pop("data"), whole_number("cells", settings.pop("cells"))
    output = Path(settings.pop("output", f"prepared/{word}/figure1.png"))
    data, _ = opened(word, settings)
    records = data.records()
    with_mitosis, with_other = ([one for one in records if len(points(one))] for points in (mitoses, lookalikes))
    if not with_mitosis:
        raise InputError(f"data={word}: no mitosis is labelled in its fields; give a dataset with labels")
    rows = [("mitoses", in_turn(with_mitosis, mitoses, count))]
    if with_other:
        rows.append(("labelled look-alikes", in_turn(with_other, lookalikes, count)))
    else:
        rows.append(("dark nuclei without a label", in_turn(records, dark_nuclei, count)))
    columns = min(count, COLUMNS)
    blocks = [headed(grid(cells, columns=columns), title) for title, cells in rows if cells]
    write_picture(output, np.concatenate(blocks))
    print(f"{output}: of {word}, {' above, '.join(f'{len(cells)} {title}' for title, cells in rows)} below")


def mitoses(record: Record) -> np.ndarray:
    return record.centroids


def lookalikes(record: Record) -> np.ndarray:
    return record.hard_negatives


def dark_nuclei(record: Record) -> np.ndarray:
    """(n, 2) x, y of dark places whose square lies within the field and holds no label, the darkest first."""
    grey = cv2.cvtColor(np.ascontiguousarray(record.read()), cv2.COLOR_RGB2GRAY)
    darkness = 1 - grey / np.float32(255)
    lowest = float(darkness.mean() + max(darkness.std(), FLAT))
    found = find_peaks(darkness, threshold=lowest, sigma_um=SIGMA_UM, radius_um=APART_UM, mpp=record.mpp)
    points, side = found.points, CELL_UM / record.mpp
    inside = ((points >= side / 2) & (points <= np.array(record.size[::-1]) - side / 2)).all(axis=1)
    x, y = points.round().astype(int).T
    free = (record.mask()[y, x] == BACKGROUND) & (cdist(points, record.centroids) > side).all(axis=1)
    return points[inside & free]


def in_turn(records: Sequence[Record], points: Callable[[Record], np.ndarray], count: int) -> list[np.ndarray]:
    """The squares around ``count`` points: the first of each of ``count`` fields, then the second of each."""
    chosen = samples(records, count)
    turns = zip_longest(*([(record, point) for point in points(record)[:count]] for record in chosen))
    places = islice((place for place in chain.from_iterable(turns) if place is not None), count)
    return [cell(record.read(), (float(x), float(y)), record.mpp) for record, (x, y) in places]


if __name__ == "__main__":
    run(main)
