"""Makes records from image files and the labels read from a label file."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mitosis.data.reading.cells import cells_of, warn_of_lost
from mitosis.data.reading.size import checked_size
from mitosis.data.record import Record
from mitosis.image.file import read_image
from mitosis.label.annotation import Labels


@dataclass(frozen=True)
class Source:
    """An image file and what its labels do not contain.

    ``image``: its name in the labels. ``path``: the file. The others are as in ``Record``.
    """

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
    """Make a record for each source; cells without annotated pixels or an outline become discs of ``radius_um``.

    ``ring_um``: outer radius of the ring around each disc, as in ``figure_of``.
    Cells whose centre lies outside their image are left out, and one warning counts them.
    Raises ``InputError`` if an image cannot be read or its size differs from that in its labels.
    """
    cells = defaultdict(list)
    for annotation in labels.annotations:
        cells[annotation.image].append(annotation)
    records, lost = [], []
    for source in sources:
        size = checked_size(source.path, labels.sizes.get(source.image))
        own = cells_of(cells[source.image], size, mpp=source.mpp, radius_um=radius_um, ring_um=ring_um)
        lost += [(source.image, cell) for cell in own.lost]
        records.append(
            Record(
                field=source.field,
                read=partial(read_image, source.path),
                size=size,
                mpp=source.mpp,
                case=source.case,
                slide=source.slide,
                scanner=source.scanner,
                figures=own.figures,
                hard_negatives=own.hard_negatives,
            )
        )
    warn_of_lost(lost)
    return records
