"""Images and what a label file says of them, made into records."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mitosis.data.reading.cells import cells_of, warn_of_lost
from mitosis.data.reading.figure import check_radii
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.file import image_size, read_image
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
    records, lost = [], []
    for source in sources:
        size = _size(source, labels)
        found = cells_of(cells[source.image], size, mpp=source.mpp, radius_um=radius_um, ring_um=ring_um)
        lost += [(source.image, cell) for cell in found.lost]
        records.append(
            Record(
                field=source.field,
                read=partial(read_image, source.path),
                size=size,
                mpp=source.mpp,
                case=source.case,
                slide=source.slide,
                scanner=source.scanner,
                figures=found.figures,
                hard_negatives=found.hard_negatives,
            )
        )
    warn_of_lost(lost)
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
