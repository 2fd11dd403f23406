"""Whether annotated mitoses can be mitoses: their size, and how much of a field they cover."""

from collections.abc import Mapping, Sequence

import numpy as np

from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.telling import warn_of_images
from mitosis.label.annotation import Annotation
from mitosis.label.shape import bounds

UM = (2.0, 40.0)
"""The least and greatest length in µm of a mitosis; metaphase plates have about 8, late anaphases up to 25."""
SHARE = 0.5
"""Greatest share of a field that mitoses cover."""


def check_plausible(records: Sequence[Record], cells: Mapping[str, Sequence[Annotation]]) -> None:
    """Look at the mitoses that were drawn or boxed; ``cells``: field → its cells as annotated.

    A warning counts fields with a mitosis shorter or longer than ``UM``: the noise of a JPEG, dots instead of cells, a
    region that is no cell, or a wrong resolution.
    Raises ``InputError`` for a field of which more than ``SHARE`` is labelled, or in which one mitosis reaches all four
    edges, since then black and white are exchanged or it is a frame.
    """
    told = []
    for record in records:
        _check_cover(record, [figure.pixels for figure in record.figures if figure.centre is None])
        boxes = [bounds(cell.outline, cell.pixels) or cell.box for cell in cells[record.field] if cell.mitotic]
        lengths = [max(box[2] - box[0], box[3] - box[1]) * record.mpp for box in boxes if box is not None]
        wrong = [um for um in lengths if not UM[0] <= um <= UM[1]]
        told.append(f"{record.field} ({len(wrong)} of {len(lengths)}, one of {wrong[0]:.3g} µm)" if wrong else "")
    warn_of_images(f"have mitoses shorter than {UM[0]:g} or longer than {UM[1]:g} µm; check labels and mpp", told)


def _check_cover(record: Record, drawn: Sequence[np.ndarray]) -> None:
    height, width = record.size
    share = sum(map(len, drawn)) / (height * width)
    edges = any(
        tuple(pixels.min(axis=0)) == (0, 0) and tuple(pixels.max(axis=0)) == (width - 1, height - 1) for pixels in drawn
    )
    if share > SHARE or edges:
        what = f"{share:.0%} of it is labelled as mitosis" if share > SHARE else "one mitosis reaches all four edges"
        raise InputError(
            f"{record.field}: {what}; a mask is black where there is no mitosis: exchange black and white, or remove"
            " its frame"
        )
