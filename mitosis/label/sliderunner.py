"""SlideRunner's sqlite databases (read only)."""

import math
import os
import sqlite3
import warnings
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.boxes import boxed
from mitosis.label.kind import ClassNames
from mitosis.label.name import composed
from mitosis.label.shape import middle

SPOTS, CORNERS, POLYGON = (1, 4), (2, 5), 3
"""Annotation types: one point (1 spot, 4 special spot), two corners (2 area, 5 circle), many corners (3 polygon)."""


def read(
    path: str | os.PathLike[str], classes: Mapping[int, bool] | None = None, *, names: ClassNames | None = None
) -> Labels:
    """Read all annotations that are not deleted, with their agreed class; all slides are listed as images.

    ``classes``: class number → whether it means mitosis; annotations of other classes are skipped. None decides by the
    classes' names, as ``names`` says. Spots are points, areas and circles are centred in their box, polygons have an
    outline. Annotations without an agreed class are left out, and a warning counts them. Older databases lack some
    columns.
    Raises ``InputError`` naming file and annotation if the file is missing or not such a database, a class or type is
    unknown, or an annotation has no coordinates.
    """
    with _opened(Path(path)) as base:
        return _read(base, Path(path), classes, names or ClassNames())


def numbers(path: str | os.PathLike[str]) -> dict[str, int]:
    """Slide name → its number in the database. Raises ``InputError`` as ``read``."""
    with _opened(Path(path)) as base:
        return {name: number for number, name in base.execute("SELECT uid, filename FROM Slides")}


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            yield base
    except sqlite3.Error as error:
        raise InputError(f"{path}: not readable as a database of SlideRunner ({error})") from error


def _read(base: sqlite3.Connection, path: Path, known: Mapping[int, bool] | None, names: ClassNames) -> Labels:
    slides = {
        uid: (composed(name), (h, w))
        for uid, name, h, w in base.execute("SELECT uid, filename, height, width FROM Slides")
    }
    classes = dict(base.execute("SELECT uid, name FROM Classes"))
    columns = {row[1] for row in base.execute("PRAGMA table_info(Annotations)")}
    kept = "WHERE deleted = 0 OR deleted IS NULL" if "deleted" in columns else ""
    present = {row[0] for row in base.execute(f"SELECT uid FROM Annotations {kept}")}  # what is deleted may be broken
    places: dict[int, list[tuple[float, float]]] = {}
    for annotation, x, y in base.execute(
        "SELECT annoId, coordinateX, coordinateY FROM Annotations_coordinates ORDER BY annoId, orderIdx, uid"
    ):
        if annotation not in present:
            continue
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in (x, y)):
            raise InputError(f"{path}, annotation {annotation}: ({x}, {y}) is no place")
        places.setdefault(annotation, []).append((x, y))
    cells, open_ones = [], 0
    for uid, slide, kind, agreed in base.execute(
        f"SELECT uid, slide, type, agreedClass FROM Annotations {kept} ORDER BY uid"
    ):
        if known is not None and agreed and agreed not in known:
            continue
        where = f"{path}, annotation {uid}"
        if slide not in slides or not (points := places.get(uid)):
            raise InputError(f"{where}: it has no {'coordinates' if slide in slides else 'slide'}")
        if not agreed:
            open_ones += 1
            continue
        mitotic = names.mitotic(classes.get(agreed, agreed), where) if known is None else known[agreed]
        if mitotic is None:
            continue
        cells.append(_cell(slides[slide][0], mitotic, kind, points, where))
    if open_ones:
        warnings.warn(f"{path}: {open_ones} annotations have no agreed class and are left out", stacklevel=3)
    return Labels(tuple(cells), {name: size if all(size) else None for name, size in slides.values()})


def _cell(image: str, mitotic: bool, kind: int, points: list[tuple[float, float]], where: str) -> Annotation:
    corners = np.array(points, dtype=np.float64)
    if kind in SPOTS:
        return Annotation(image, mitotic, float(corners[0, 0]), float(corners[0, 1]))
    if kind in CORNERS and len(corners) >= 2:
        (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
        return boxed(image, mitotic, (float(x1), float(y1), float(x2), float(y2)), where)
    if kind == POLYGON and len(corners) >= 3:
        return Annotation(image, mitotic, *middle(corners), outline=corners)
    raise InputError(f"{where}: type {kind} with {len(corners)} points is no cell")
