"""The cascade on a whole slide, tile by tile; candidates are scored by both stages, but not yet accepted."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from mitosis.cascade.cascade import Cascade
from mitosis.data.cache.prefetch import prefetch
from mitosis.errors import InputError
from mitosis.image.overview import Overview, sample_tissue
from mitosis.image.scan import Scan
from mitosis.inference.axis import Axis, Span, axes
from mitosis.inference.folded import folded_for
from mitosis.inference.resolution import size_at
from mitosis.inference.scores import probabilities
from mitosis.inference.window_maps import WindowMaps

SIDE = 4096
"""About the largest side of a tile in pixels of the slide."""
MARGIN_UM = 32.0
"""Around a tile, candidates are looked for in so many µm more, so that those at its edge are whole and their neighbours
known. Components that are larger, no mitotic figures, may be cut."""
CROPS = 256
"""Candidates that are classified at a time."""
Place = tuple[int, int]
"""Row and column of a tile."""


@dataclass(frozen=True, eq=False)
class Tile:
    """What was found in a tile.

    Attributes:
        place: Its row and column.
        tissue_mm2: Its tissue.
        candidates: (n, 5) float64: x, y in pixels of the slide, the scores of stage one and two, area in µm².
        lost: x, y of its squares that cannot be read.
    """

    place: Place
    tissue_mm2: float
    candidates: np.ndarray
    lost: list[tuple[int, int]]


class SlideTiles:
    """The tiles of a slide that show tissue.

    The windows of stage one are those of the slide predicted as one image, at the network's resolution, and the crops
    of stage two are complete across the tiles' edges: neither result depends on the tiles.

    Args:
        cascade: The trained networks.
        scan: The slide.
        mpp: Its µm per pixel.
        overview: Its tissue.
    """

    def __init__(self, cascade: Cascade, scan: Scan, mpp: float, overview: Overview) -> None:
        self._cascade, self._scan, self._mpp, self._overview = cascade, scan, mpp, overview
        tiling, windows, size = cascade.segmenter.tiling, cascade.windows, (scan.height, scan.width)
        network = size_at(mpp / cascade.network_mpp(mpp), size)
        stride = math.lcm(*(int(cast(Any, one.model).stride) for one in cascade.segmenters))
        self._axes = axes(size, (network[0], network[1]), windows.core, tiling.overlap, stride, windows.margin)
        margin = math.ceil(MARGIN_UM / mpp)
        reach = math.ceil(cascade.classifier.crop.side_um / mpp / 2) + 2 if cascade.classifier else 0
        self._rows, self._columns = (axis.spans(SIDE, margin, reach) for axis in self._axes)
        places = product(range(len(self._rows)), range(len(self._columns)))
        self.areas = {place: self._overview.area_mm2(*self._core(place)) for place in places}
        """Place → mm² of tissue, in the order of work; only tiles with tissue in or beside them."""
        self.areas = {place: area for place, area in self.areas.items() if overview.near(*self._core(place))}

    def find(self, done: Collection[Place]) -> Iterator[Tile]:
        """The tiles that are not ``done``, one after another; the next is read while one is computed.

        Raises ``InputError`` if the stain normalisation cannot be fitted to a slide, or no tissue can be read.
        """
        left = [place for place in self.areas if place not in done]
        if not left:
            return
        stain = stain_of_slide(self._cascade, self._scan, self._overview)
        maps = _maps(self._cascade, self._axes, (self._rows, self._columns), self._overview)

        def read(place: Place) -> tuple[Place, np.ndarray, list[tuple[int, int]]]:
            row, column = self._spans(place)
            box = (column.first, row.first, column.last - column.first, row.last - row.first)
            pixels, lost = self._scan.read_whole(*box)
            return place, stain(pixels), lost

        for place, pixels, lost in prefetch(read, left):
            row, column = self._spans(place)
            probability = maps.of(pixels, place)
            candidates = self._candidates(pixels, probability, row, column)
            del pixels, probability  # before the next tile arrives
            yield Tile(place, self.areas[place], candidates, lost)

    def _candidates(self, pixels: np.ndarray, probability: np.ndarray, row: Span, column: Span) -> np.ndarray:
        found = self._cascade.propose(probability, mpp=self._mpp)
        points = found.points + (column.start, row.start)
        own = (points >= (column.low, row.low)).all(axis=1) & (points < (column.high, row.high)).all(axis=1)
        points, first = points[own], found.mean[own]
        second = first
        if self._cascade.classifiers:
            near = points - (column.first, row.first)
            parts = [near[at : at + CROPS] for at in range(0, len(near), CROPS)]
            second = np.concatenate([np.zeros(0), *(self._cascade.classify(pixels, x, mpp=self._mpp) for x in parts)])
        return np.column_stack([points, first, second, found.area_um2[own]])

    def _spans(self, place: Place) -> tuple[Span, Span]:
        return self._rows[place[0]], self._columns[place[1]]

    def _core(self, place: Place) -> tuple[tuple[float, float], tuple[float, float]]:
        row, column = self._spans(place)
        return (row.low, row.high), (column.low, column.high)


def stain_of_slide(cascade: Cascade, scan: Scan, overview: Overview) -> Callable[[np.ndarray], np.ndarray]:
    """The stain normalisation of all parts (H, W, 3) uint8 of a slide, fitted once to a sample of its tissue.

    Raises ``InputError`` for a normalisation that is fitted to single fields only, and if no tissue can be read.
    """
    stain: Any = cascade.segmenter.stain
    if not hasattr(stain, "fitted_to"):
        raise InputError(
            f"{type(stain).__name__} has no fitted_to(), which slides need; give networks of another stain"
        )
    return stain.fitted_to(sample_tissue(scan, overview), scan.path.name)


def _maps(cascade: Cascade, both: Sequence[Axis], spans: Sequence[Sequence[Span]], overview: Overview) -> WindowMaps:
    networks: list[nn.Module] = []

    def net(windows: np.ndarray) -> np.ndarray:
        images = torch.from_numpy(windows).to(cascade.device)
        with torch.inference_mode():
            if not networks:
                networks.extend(folded_for(one.model, images[0]) for one in cascade.segmenters)
            maps = [probabilities(network, images)[:, 0].cpu().numpy() for network in networks]
        return maps[0] if len(maps) == 1 else np.mean(maps, axis=0)

    windows = cascade.windows
    return WindowMaps(
        both,
        spans,
        net,
        blend=windows.blend,
        batch=windows.batch(both[0].window * both[1].window),
        margin=windows.margin,
        empty=lambda rows, columns: not overview.near(rows, columns),
    )
