"""``python -m mitosis.convert input=… output=… to=FORMAT``: label formats into one another."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.cli.entry import entry
from mitosis.data.reading.figure import figure_of
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.formats import PER_IMAGE, READ_ONLY, TABLES, files_of, read_all, sniff
from mitosis.label.shape import bounds, rasterised
from mitosis.run.name import Choices

SHAPES = {
    "pixels": ("pixels",),
    "points": (),
    "boxes": ("box",),
    "midog": ("box",),
    "coco": ("box", "outline", "pixels"),
    "geojson": ("outline", "pixels"),
}
"""Format that is written → what it holds of a cell beside its centre and kind."""
ENDLESS = (2**30, 2**30)
"""Height and width of an image whose size no label file tells."""


def convert(config: dict[str, Any], choices: Choices) -> float:
    """Write the labels of ``input`` to ``output``, say what is left behind; returns the number of cells.

    ``output`` is a file, or a folder in a format that has a file for each image. It replaces a file that is there, and
    is refused where it is a folder with something in it.
    """
    source, target = (Path(str(config[key])).expanduser() for key in ("input", "output"))
    to, given = config["to"], config["from"]
    if to not in SHAPES:
        raise InputError(f"to={to}: {'is only read; ' if to in READ_ONLY else ''}choose one of {', '.join(SHAPES)}")
    if not source.exists():
        raise InputError(f"input={source}: no such file or folder")
    word = _word(source) if given == "auto" else given
    if word not in SHAPES and word not in READ_ONLY:
        raise InputError(f"from={given}: choose one of auto, {', '.join([*SHAPES, *READ_ONLY])}")
    if source.resolve() == target.resolve():
        raise InputError(f"output={target} is the input; give another")
    if to not in PER_IMAGE and target.is_dir():
        raise InputError(f"output={target} is a folder; {to} is one file, such as {target / 'labels'}")
    labels = read_all(source, word)
    fitted = fit(labels, to, _number(config, "radius_um"), _number(config, "mpp"))
    (TABLES | PER_IMAGE)[to].write(fitted, target)
    for line in left_behind(labels, fitted, to):
        print(line)
    mitoses = sum(cell.mitotic for cell in fitted.annotations)
    negatives = len(fitted.annotations) - mitoses
    print(f"{target}: {mitoses} mitoses and {negatives} hard negatives in {len(fitted.sizes)} images, as {to}")
    return float(len(fitted.annotations))


def fit(labels: Labels, to: str, radius_um: float | None = None, mpp: float | None = None) -> Labels:
    """The labels as format ``to`` can hold them: cells of the kinds it has, each with what it needs.

    A box is that around the cell's pixels or outline, pixels are those inside its outline; a cell that has neither
    gets the square around, or the disc of, ``radius_um``. Hard negatives have no place in pixel lists, images without
    any cell none in MIDOG's json.
    Raises ``InputError`` where a radius is needed and ``radius_um`` or ``mpp`` is not given.
    """
    cells = [cell for cell in labels.annotations if cell.mitotic or to != "pixels"]
    made = tuple(_fit(cell, labels.sizes.get(cell.image), to, radius_um, mpp) for cell in cells)
    named = {cell.image for cell in made}
    sizes = {image: size for image, size in labels.sizes.items() if to != "midog" or image in named}
    return Labels(made, sizes)


def left_behind(labels: Labels, fitted: Labels, to: str) -> list[str]:
    """One line for each thing that format ``to`` does not hold, with its count."""
    lost = {
        "hard negatives": len(labels.annotations) - len(fitted.annotations),
        "images without a cell": len(labels.sizes) - len(fitted.sizes),
    }
    for shape, name in (("box", "boxes"), ("outline", "outlines"), ("pixels", "pixels of cells")):
        kept = SHAPES[to] if shape != "outline" else (*SHAPES[to], *(("outline",) if to == "pixels" else ()))
        if shape not in kept:
            lost[name] = sum(getattr(cell, shape) is not None for cell in labels.annotations)
    return [f"left behind, for {to} cannot hold them: {count} {name}" for name, count in lost.items() if count]


def _fit(
    cell: Annotation, size: tuple[int, int] | None, to: str, radius_um: float | None, mpp: float | None
) -> Annotation:
    holds = SHAPES[to]
    kept: dict[str, Any] = {name: getattr(cell, name) if name in holds else None for name in ("outline", "pixels")}
    kept["box"] = None
    if "box" in holds:
        kept["box"] = cell.box or bounds(cell.outline, cell.pixels) or _square(cell, to, radius_um, mpp)
    if holds == ("pixels",) and cell.pixels is None:
        kept["pixels"] = _inside(cell, size or ENDLESS, to, radius_um, mpp)
    return dataclasses.replace(cell, **kept)


def _square(cell: Annotation, to: str, radius_um: float | None, mpp: float | None) -> tuple[float, float, float, float]:
    radius = _radius(cell, to, radius_um, mpp)
    return cell.x - radius, cell.y - radius, cell.x + radius, cell.y + radius


def _inside(cell: Annotation, size: tuple[int, int], to: str, radius_um: float | None, mpp: float | None) -> np.ndarray:
    if cell.outline is not None:
        pixels = rasterised([cell.outline])
        return pixels if len(pixels) else np.array([[round(cell.x), round(cell.y)]], dtype=np.int32)
    radius = _radius(cell, to, radius_um, mpp)
    figure = figure_of(cell, size, mpp=1, radius_um=radius)
    if figure is None:
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) lies outside its image; remove it")
    return figure.pixels


def _radius(cell: Annotation, to: str, radius_um: float | None, mpp: float | None) -> float:
    if radius_um is None or mpp is None:
        what = "pixels" if to == "pixels" else "box"
        raise InputError(
            f"to={to}: the cell at ({cell.x:g}, {cell.y:g}) of {cell.image} has no {what}; type radius_um=4 mpp=0.25"
            " with your figures to make them"
        )
    return radius_um / mpp


def _word(source: Path) -> str:
    if source.is_file():
        return sniff(source)
    files = _labelled(source)
    return sniff(next((file for file in files if file.stat().st_size), files[0]))


def _labelled(source: Path) -> Sequence[Path]:
    for word in ("pixels", "geojson"):
        try:
            return files_of(source, word)
        except InputError:
            continue
    raise InputError(f"input={source}: no label file in it (.csv, .geojson, .json)")


def _number(config: dict[str, Any], key: str) -> float | None:
    value = config[key]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{key}={value}: give a number above 0")
    return float(value)


if __name__ == "__main__":
    entry("convert", convert)
