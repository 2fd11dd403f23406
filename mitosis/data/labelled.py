"""Images and what a label file says of them, made into records."""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mitosis.data.figure import check_radii, figure_of
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image import image_size, read_image
from mitosis.label.annotation import Labels


@dataclass(frozen=True)
class Source:
    """An image file, and what its labels do not tell. ``image``: its name in them; the others as in ``Record``."""

    image: str
    path: Path
    field: str
    mpp: float
    case: str
    slide: str
    scanner: str


def labelled_records(
    labels: Labels, sources: Sequence[Source], *, radius_um: float, ring_um: float | None = None
) -> list[Record]:
    """A record for each source; cells without pixels or outline of their own become discs of ``radius_um``.

    ``ring_um``: outer radius of the ring round each disc, as in ``figure_of``.
    Cells whose centre lies outside their image are left out, and one warning counts them.
    Raises ``InputError``: radii that ``check_radii`` refuses, an image that cannot be read or has not the size that the
    labels tell.
    """
    check_radii(radius_um, ring_um)
    cells = defaultdict(list)
    for annotation in labels.annotations:
        cells[annotation.image].append(annotation)
    records, dropped = [], []
    for source in sources:
        size = _size(source, labels)
        figures, hard_negatives = [], []
        for cell in cells[source.image]:
            figure = figure_of(cell, size, mpp=source.mpp, radius_um=radius_um, ring_um=ring_um)
            if figure is None:
                dropped.append(f"({cell.x:g}, {cell.y:g}) in {source.path.name}")
            elif cell.mitotic:
                figures.append(figure)
            else:
                hard_negatives.append((cell.x, cell.y))
        records.append(
            Record(
                field=source.field,
                read=partial(read_image, source.path),
                size=size,
                mpp=source.mpp,
                case=source.case,
                slide=source.slide,
                scanner=source.scanner,
                figures=tuple(figures),
                hard_negatives=np.array(hard_negatives, dtype=np.float64).reshape(-1, 2),
            )
        )
    if dropped:
        some = "; ".join(dropped[:3]) + ("; …" if len(dropped) > 3 else "")
        warnings.warn(f"{len(dropped)} annotation(s) lie outside their image and are left out: {some}", stacklevel=2)
    return records


def _size(source: Source, labels: Labels) -> tuple[int, int]:
    size, told = image_size(source.path), labels.sizes.get(source.image)
    if told not in (None, size):
        height, width = told
        raise InputError(
            f"{source.path}: {size[1]} x {size[0]} pixels, and its labels are of an image of {width} x {height}"
            " (width x height); download it again"
        )
    return size
