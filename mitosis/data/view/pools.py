"""The points from which a classifier learns."""

import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mitosis.data.record import Field
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.errors import InputError
from mitosis.image.darkest import darkest_nearby

NUCLEUS_UM, SMOOTH_UM = 3.4, 1.0
"""How far from an annotated look-alike its nucleus is searched, and the smoothing for it, in µm."""

Pool = list[tuple[Field, np.ndarray]]


class Pools(NamedTuple):
    """Fields and points (x, y) in their pixels, by label.

    ``plain``: whether the negatives are points of plain tissue, for want of false candidates.
    """

    negatives: Pool
    positives: Pool
    plain: bool


def pools_of(fields: Sequence[Field], candidates: Mapping[str, Sequence[CandidateRow]], *, side_um: float) -> Pools:
    """Sort what is known of the training fields into positives and negatives.

    Positives are the annotated mitoses and the candidates labelled 1; negatives are the candidates labelled 0 and the
    annotated look-alikes. Candidates labelled −1 are not used. If there are no negatives, points on a grid away from
    all mitoses replace them, with a warning.

    Args:
        fields: The training fields.
        candidates: Field name → its candidates; a field may be missing.
        side_um: Side of a crop in µm, the distance that plain tissue keeps from every mitosis.

    Raises:
        InputError: There is no positive to learn from, or nothing else.
    """
    pools: tuple[Pool, Pool] = ([], [])
    for field in fields:
        pools[1].extend((field, point) for point in field.record.centroids)
        pools[0].extend((field, point) for point in _look_alikes(field))
        for row in candidates.get(field.record.field, ()):
            if row.label >= 0:
                pools[row.label].append((field, np.array([row.x, row.y])))
    if not pools[1]:
        raise InputError(f"no mitosis in the {len(fields)} training fields: choose another fold")
    if plain := not pools[0]:
        warnings.warn(
            f"no false candidate in the {len(fields)} training fields: the classifier learns from plain tissue"
            " instead; a segmenter trained longer proposes better negatives",
            stacklevel=3,
        )
        pools[0].extend((field, point) for field in fields for point in elsewhere(field, side_um))
    if not pools[0]:
        raise InputError(
            f"no false candidate in the {len(fields)} training fields, and no plain tissue {side_um:g} µm away from"
            " every mitosis: give larger fields, or train the segmenter longer"
        )
    return Pools(*pools, plain)


def elsewhere(field: Field, side_um: float) -> np.ndarray:
    """Points of a field, (n, 2) x, y, ``side_um`` apart and farther than that from every mitosis."""
    step = side_um / field.record.mpp
    height, width = field.record.size
    grid = np.stack(np.meshgrid(np.arange(step / 2, width, step), np.arange(step / 2, height, step)), axis=-1)
    points = grid.reshape(-1, 2)
    between = points[:, None] - field.record.centroids[None]
    return points[(np.hypot(between[..., 0], between[..., 1]) > step).all(axis=1)]


def _look_alikes(field: Field) -> list[np.ndarray]:
    """The annotated look-alikes, each moved to its nucleus: some were carried over from another scan and miss it."""
    mpp, image = field.record.mpp, np.asarray(field.image)
    return [
        np.array(darkest_nearby(image, (x, y), radius=NUCLEUS_UM / mpp, sigma=SMOOTH_UM / mpp))
        for x, y in field.record.hard_negatives
    ]
