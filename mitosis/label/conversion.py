"""Converts label files from one format to another, and reports what is lost."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mitosis.errors import InputError
from mitosis.image.agreement import CONTRADICTS, DIFFERS
from mitosis.image.telling import warn_of_images
from mitosis.image.walk import files_under
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.corner import largest
from mitosis.label.foreign import refuse_foreign
from mitosis.label.formats import PER_IMAGE, READ_ONLY, TABLES, files_of, read_all, sniff
from mitosis.label.kind import ClassNames
from mitosis.label.shape import bounds, pixels_within, rasterised

SHAPES = {
    "pixels": ("pixels",),
    "points": (),
    "boxes": ("box",),
    "midog": ("box",),
    "coco": ("box", "outline", "pixels"),
    "geojson": ("outline", "pixels"),
    "cvat": ("box", "outline", "pixels"),
    **dict.fromkeys(("labelme", "via", "aperio", "asap", "yolo"), ("box", "outline")),
    "voc": ("box",),
}
"""Writable format → what it stores of a cell besides its centre and class."""
BOXED = ("boxes", "midog", "coco", "voc", "yolo")
"""Formats without points: a cell without any shape needs a box."""
EITHER = ("cvat", "labelme", "via", "aperio", "asap", "yolo")
"""Formats that hold one shape of a cell, and its box only if it has no other."""
ENDLESS = (2**30, 2**30)
"""Height and width assumed for an image whose size the label file does not give."""


def convert_labels(
    source: Path,
    target: Path,
    *,
    given: str,
    to: str,
    radius_um: float | None = None,
    mpp: float | None = None,
    names: ClassNames | None = None,
) -> tuple[Labels, Labels]:
    """Write the labels of ``source`` to ``target``; returns the labels as read and as written.

    ``given``: the format of ``source``, or auto. ``to``: one of ``SHAPES``. ``target``: a file, which is replaced, or a
    folder for formats with one file per image. ``radius_um``, ``mpp``: as for ``fit``. ``names``:
    what the classes mean.
    Raises ``InputError`` if a format is unknown, the source does not exist, the target folder is not empty, or labels
    say a twofold ``mpp``; also as the format's reader.
    """
    if to not in SHAPES:
        raise InputError(f"to={to}: {'is only read; ' if to in READ_ONLY else ''}choose one of {', '.join(SHAPES)}")
    if not source.exists():
        raise InputError(f"input={source}: no such file or folder")
    name = _format_of(source) if given == "auto" else given
    if name not in SHAPES and name not in READ_ONLY:
        raise InputError(f"from={given}: choose one of auto, {', '.join([*SHAPES, *READ_ONLY])}")
    if source.resolve() == target.resolve():
        raise InputError(f"output={target} is the input; give another")
    if to not in PER_IMAGE and target.is_dir():
        raise InputError(f"output={target} is a folder; {to} is one file, such as {target / 'labels'}")
    labels = read_all(source, name, names)
    if mpp is not None:
        _check_mpp(labels, mpp, source)
    fitted = fit(labels, to, radius_um, mpp)
    (TABLES | PER_IMAGE)[to].write(fitted, target)
    return labels, fitted


def _check_mpp(labels: Labels, mpp: float, source: Path) -> None:
    """Warn if labels say another resolution than was typed; ``InputError`` if it is twofold."""
    told = []
    for image, own in labels.mpp.items():
        ratio, line = max(mpp, own) / min(mpp, own), f"{image}: {mpp:g} typed and {own:g} by its labels"
        if ratio >= CONTRADICTS:
            raise InputError(f"{source}: {line} µm per pixel contradict each other; type mpp={own:g}, or correct them")
        told.append(line if ratio > DIFFERS else "")
    warn_of_images("differ in what is said of their resolution, and what was typed is used", told)


def fit(labels: Labels, to: str, radius_um: float | None = None, mpp: float | None = None) -> Labels:
    """The labels reduced to what format ``to`` can store, with the shapes that it needs.

    Boxes are made from the cell's pixels or outline, pixels from its outline. A cell with neither gets a square or a
    disc of ``radius_um``. Pixel lists cannot store hard negatives, and MIDOG's json cannot store images without cells.
    Raises ``InputError`` if a radius is needed but ``radius_um`` or ``mpp`` is not given.
    """
    cells = [cell for cell in labels.annotations if cell.mitotic or to != "pixels"]
    radius = None if radius_um is None or mpp is None else radius_um / mpp
    made = tuple(_fit(cell, labels.sizes.get(cell.image), to, radius) for cell in cells)
    named = {cell.image for cell in made}
    sizes = {image: size for image, size in labels.sizes.items() if to != "midog" or image in named}
    return Labels(made, sizes)


def left_behind(labels: Labels, fitted: Labels, to: str) -> list[str]:
    """One line, with a count, for each kind of information that format ``to`` cannot store."""
    lost = {
        "hard negatives": len(labels.annotations) - len(fitted.annotations),
        "images without a cell": len(labels.sizes) - len(fitted.sizes),
    }
    for shape, name in (("box", "boxes"), ("outline", "outlines"), ("pixels", "pixels of cells")):
        kept = SHAPES[to] if shape != "outline" else (*SHAPES[to], *(("outline",) if to == "pixels" else ()))
        if shape not in kept:
            lost[name] = sum(getattr(cell, shape) is not None for cell in labels.annotations)
    return [f"left behind, for {to} cannot hold them: {count} {name}" for name, count in lost.items() if count]


def _fit(cell: Annotation, size: tuple[int, int] | None, to: str, radius: float | None) -> Annotation:
    holds = SHAPES[to]
    kept: dict[str, Any] = {name: getattr(cell, name) if name in holds else None for name in ("outline", "pixels")}
    if "outline" in holds and "pixels" not in holds and cell.pixels is not None:
        kept["outline"] = largest(cell.pixels, cell.image)
    kept["box"] = None
    if "box" in holds and (to not in EITHER or all(shape is None for shape in kept.values())):
        kept["box"] = cell.box or bounds(cell.outline, cell.pixels)
        if kept["box"] is None and to in BOXED:
            kept["box"] = _square(cell, _checked(radius, cell, to))
    if holds == ("pixels",) and cell.pixels is None:
        kept["pixels"] = _pixels(cell, size or ENDLESS, to, radius)
    return dataclasses.replace(cell, **kept)


def _square(cell: Annotation, radius: float) -> tuple[float, float, float, float]:
    return cell.x - radius, cell.y - radius, cell.x + radius, cell.y + radius


def _pixels(cell: Annotation, size: tuple[int, int], to: str, radius: float | None) -> np.ndarray:
    if cell.outline is not None:
        pixels = rasterised([cell.outline], cell.image)
        return pixels if len(pixels) else np.array([[round(cell.x), round(cell.y)]], dtype=np.int32)
    pixels = pixels_within(cell, size, _checked(radius, cell, to))
    if pixels is None:
        raise InputError(f"{cell.image}: the cell at ({cell.x:g}, {cell.y:g}) lies outside its image; remove it")
    return pixels


def _checked(radius: float | None, cell: Annotation, to: str) -> float:
    if radius is None:
        what = "pixels" if to == "pixels" else "box"
        raise InputError(
            f"to={to}: the cell at ({cell.x:g}, {cell.y:g}) of {cell.image} has no {what}; type radius_um=4 mpp=0.25"
            " with your figures to make them"
        )
    return radius


def _format_of(source: Path) -> str:
    if source.is_file():
        return sniff(source)
    files = _labelled(source)
    return sniff(next((file for file in files if file.stat().st_size), files[0]))


def _labelled(source: Path) -> Sequence[Path]:
    for name in ("pixels", "geojson", "voc", "yolo"):  # one for each suffix
        try:
            return files_of(source, name)
        except InputError:
            continue
    for path in sorted(files_under(source)):
        refuse_foreign(path)
    raise InputError(f"input={source}: no label file in it (.csv, .geojson, .json, .xml, .txt)")
