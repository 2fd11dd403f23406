"""Turns the annotated cells of one field into mitotic figures and hard negatives."""

import warnings
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mitosis.data.reading.figure import figure_of
from mitosis.data.record import MitoticFigure
from mitosis.errors import InputError
from mitosis.label.annotation import Annotation
from mitosis.label.shape import inside


class Cells(NamedTuple):
    """The cells of one field.

    ``figures``: the mitoses. ``hard_negatives``: (k, 2) float64 x, y. ``lost``: the cells centred outside the field.
    """

    figures: tuple[MitoticFigure, ...]
    hard_negatives: np.ndarray
    lost: tuple[Annotation, ...]


def cells_of(
    annotations: Sequence[Annotation], size: tuple[int, int], *, mpp: float, radius_um: float, ring_um: float | None
) -> Cells:
    """The cells of a field of ``size`` (height, width) at ``mpp`` µm per pixel; radii as for ``figure_of``."""
    made = [
        figure_of(cell, size, mpp=mpp, radius_um=radius_um, ring_um=ring_um) for cell in annotations if cell.mitotic
    ]
    others = [(cell.x, cell.y) for cell in annotations if not cell.mitotic and inside(cell, size)]
    return Cells(
        tuple(figure for figure in made if figure is not None),
        np.array(others, dtype=np.float64).reshape(-1, 2),
        tuple(cell for cell in annotations if not inside(cell, size)),
    )


def check_some_inside(lost: Sequence[tuple[str, Annotation]], count: int, labels: object) -> None:
    """``InputError`` naming ``labels`` if none of ``count`` cells lies inside its image; ``lost``: those outside."""
    if lost and len(lost) == count:
        image, cell = lost[0]
        raise InputError(
            f"{labels}: all {count} cells lie outside their images, such as ({cell.x:g}, {cell.y:g}) in {image}; they"
            " are of other images or another resolution, or x and y are exchanged"
        )


def warn_of_lost(lost: Iterable[tuple[str, Annotation]]) -> None:
    """Warn once about all cells outside their images, with their number and the first three of them."""
    places = [f"({cell.x:g}, {cell.y:g}) in {image}" for image, cell in lost]
    if places:
        some = "; ".join(places[:3]) + ("; …" if len(places) > 3 else "")
        warnings.warn(f"{len(places)} annotation(s) lie outside their image and are left out: {some}", stacklevel=3)
