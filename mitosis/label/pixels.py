"""Pixel lists as in the ICPR 2012 contest: one csv per image, one row per mitosis, ``x,y,x,y,…`` of all its pixels."""

import os
from pathlib import Path

import numpy as np

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels, filled
from mitosis.label.kind import ClassNames
from mitosis.label.number import number
from mitosis.label.per_image import bare, file_of
from mitosis.label.text import read_text

FARTHEST = 2**31
"""Upper limit of a pixel coordinate (int32)."""


def read(path: str | os.PathLike[str], image: str | None = None, *, names: ClassNames | None = None) -> Labels:
    """Read the mitoses of one image, each centred on the mean of its pixels.

    ``image``: the image's name, by default the csv's name without .csv. ``names`` is not used, for all cells are
    mitoses. Raises ``InputError`` as ``read_rows``.
    """
    image = Path(path).stem if image is None else image
    cells = [filled(image, True, row) for row in read_rows(path)]
    return Labels(tuple(cells), {image: None})


def read_rows(path: str | os.PathLike[str], size: tuple[int, int] | None = None) -> list[np.ndarray]:
    """Read the rows as (n, 2) int32 arrays of x, y.

    ``size``: (height, width) of the image; None allows pixels outside it. Trailing commas and spaces and empty lines
    are ignored. An empty file has no mitosis. ``606.0`` is read as 606.
    Raises ``InputError`` naming file and row for a value that is not a whole number, an odd number of values, or a
    pixel outside ``size``.
    """
    lines = read_text(path, "a csv").splitlines()
    rows = ((number, line.rstrip(", \t")) for number, line in enumerate(lines, start=1))
    return [_pixels(line, size, f"{path}, row {number}") for number, line in rows if line]


def write(labels: Labels, path: str | os.PathLike[str]) -> None:
    """Write a new folder ``path`` with one csv per image; every cell must be a mitosis and have pixels.

    Raises ``InputError`` for any other cell, and as ``files.new_folder``.
    """
    with files.new_folder(path) as folder:
        for image in labels.sizes:
            rows = (",".join(map(str, _own(cell).ravel())) + "\n" for cell in labels.of(image))
            files.write_text(file_of(folder, bare(image), ".csv"), "".join(rows))


def _own(cell: Annotation) -> np.ndarray:
    if cell.pixels is None or not cell.mitotic:
        what = "has no pixels" if cell.mitotic else "is a hard negative; pixel lists hold mitoses alone"
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) {what}")
    return cell.pixels


def _pixels(line: str, size: tuple[int, int] | None, where: str) -> np.ndarray:
    texts = line.split(",")
    try:
        values = np.array(list(map(number, texts)))
    except ValueError:
        index, text = next((i, text) for i, text in enumerate(texts, start=1) if not _is_number(text))
        raise InputError(f"{where}: value {index}, {text.strip()!r}, is not a number") from None
    if len(values) % 2:
        raise InputError(f"{where}: {len(values)} values; x,y pairs are an even count")
    pixels = values.reshape(-1, 2)
    if size is not None:
        height, width = size
        inside = ((pixels >= 0) & (pixels < (width, height))).all(axis=1)  # false for nan and infinity too
        if not inside.all():
            x, y = pixels[~inside][0]
            of = f"{width} x {height} (width x height)"
            raise InputError(f"{where}: pixel ({x:g}, {y:g}) lies outside the field of {of}")
    if not (abs(pixels) < FARTHEST).all():
        raise InputError(f"{where}: {pixels[~(abs(pixels) < FARTHEST)][0]:g} is no place in an image")
    if (pixels % 1).any():
        raise InputError(f"{where}: {pixels[pixels % 1 > 0][0]:g} is not a whole number of pixels")
    return pixels.astype(np.int32)


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True
