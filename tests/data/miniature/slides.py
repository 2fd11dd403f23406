"""Whole slides in Aperio's form, and SlideRunner's databases of what is in them."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tifffile

from miniature import Written, drawn


def write_slide(path: Path, image: np.ndarray, mpp: float = 0.25, levels: tuple[int, ...] = (1, 4)) -> Path:
    """A slide that shows ``image``; ``levels``: its downsamplings."""
    height, width = image.shape[:2]
    told = f"Aperio Image Library v1.0\n{width}x{height} (256x256)|AppMag = 40|MPP = {mpp}"
    with tifffile.TiffWriter(path) as file:
        for step in levels:
            file.write(
                image[::step, ::step],
                tile=(256, 256),
                photometric="rgb",
                compression="zlib",
                metadata=None,
                description=told,
                subfiletype=int(step > 1),
            )
    return path


def database(
    path: Path,
    slides: Mapping[int, str],
    spots: Sequence[tuple[int, int, int, int]] = (),
    size: tuple[int, int] = (1100, 1300),
) -> Path:
    """``slides``: number → file, all of one ``size`` (height, width). ``spots``: number of the slide, class, x, y."""
    base = sqlite3.connect(path)
    base.executescript(
        """CREATE TABLE Slides (uid INTEGER PRIMARY KEY, filename TEXT, width INTEGER, height INTEGER);
        CREATE TABLE Classes (uid INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE Annotations (uid INTEGER PRIMARY KEY, slide INTEGER, type INTEGER, agreedClass INTEGER);
        CREATE TABLE Annotations_coordinates
            (uid INTEGER PRIMARY KEY, coordinateX INTEGER, coordinateY INTEGER, annoId INTEGER, orderIdx INTEGER);
        INSERT INTO Classes VALUES (1, 'Eosinophil'), (2, 'Mitotic figure'), (3, 'Tumor cell'), (7, 'Look-alike');"""
    )
    for number, name in slides.items():
        base.execute("INSERT INTO Slides VALUES (?, ?, ?, ?)", (number, name, *size[::-1]))
    for number, (slide, kind, x, y) in enumerate(spots, start=1):
        base.execute("INSERT INTO Annotations VALUES (?, ?, 1, ?)", (number, slide, kind))
        base.execute("INSERT INTO Annotations_coordinates VALUES (?, ?, ?, ?, 1)", (number, x, y, number))
    base.commit()
    base.close()
    return path


def build(root: Path, name: str, numbers: Mapping[int, str], other: int) -> Written:
    """Slides of 256 × 256 pixels and a database called ``name``.

    In each are a mitosis, a look-alike of the class ``other`` and a cell of no interest; outside the first is another
    mitosis.
    """
    root.mkdir(parents=True, exist_ok=True)
    spots = [(n, kind, x, y) for n in numbers for kind, x, y in ((2, 255, 90), (other, 20, 130), (3, 60, 60))]
    first = next(iter(numbers))
    database(root / name, {n: f"{slide}.svs" for n, slide in numbers.items()}, [*spots, (first, 2, 256, 5)], (256, 256))
    for slide in numbers.values():
        write_slide(root / f"{slide}.svs", drawn(256), levels=(1,))
    return Written(2 * len(numbers), 1)
