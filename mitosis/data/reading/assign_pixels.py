"""Assigns the pixels of a mask to objects that are listed separately."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import KDTree


def assign_pixels(
    parts: Sequence[np.ndarray], centres: np.ndarray, reach: float
) -> tuple[list[np.ndarray | None], list[np.ndarray]]:
    """The pixels of each object (None if no part is within reach), and the parts that belong to no object.

    ``parts``: the connected components of a mask, (n, 2) int32 x, y each. ``centres``: (k, 2) x, y of the objects,
    k ≥ 0. ``reach``: maximum distance in pixels from a centre to the nearest pixel of a part. Each object takes the
    part nearest to its centre. If several objects take the same part, each pixel goes to the nearest of them. A part
    that no object takes (half of an anaphase) goes to the object nearest to it.
    """
    if not len(parts):
        return [None] * len(centres), []
    pixels = np.concatenate(parts)
    part_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    distance, nearest = KDTree(pixels).query(centres.reshape(-1, 2))
    taken = part_of[nearest]
    takers: dict[int, list[int]] = {}
    for centre in np.flatnonzero(distance <= reach).tolist():
        takers.setdefault(int(taken[centre]), []).append(centre)
    given: dict[int, list[np.ndarray]] = {}
    left = []
    for number, part in enumerate(parts):
        among = takers.get(number)
        if among is None:
            between = np.hypot(*(part[:, None] - centres[None]).transpose(2, 0, 1)).min(axis=0, initial=np.inf)
            if not len(between) or between.min() > reach:
                left.append(part)
                continue
            among = [int(between.argmin())]
        owner = KDTree(centres[among]).query(part)[1]
        for place, centre in enumerate(among):
            given.setdefault(centre, []).append(part[owner == place])
    shares = [np.concatenate(given[k]) if k in given and sum(map(len, given[k])) else None for k in range(len(centres))]
    return shares, left
