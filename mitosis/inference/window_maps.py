"""The probability map of a slide, part by part: each window is computed once, and neighbouring parts share it."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from jaxtyping import Float32, UInt8

from mitosis.inference.axis import Axis, Span
from mitosis.inference.sliding_window import profile

Net = Callable[[Float32[np.ndarray, "batch 3 height width"]], Float32[np.ndarray, "batch height width"]]


class WindowMaps:
    """Parts of the map that ``sliding_window.predict`` would give for the whole slide.

    Tiles are asked for from left to right and from top to bottom. Of the windows, only those are kept that a later tile
    needs: a few, and those along the lower edge of the current row of tiles.

    Args:
        axes: The vertical and the horizontal axis.
        spans: The tiles along both axes.
        net: Maps windows at the network's resolution, in [0, 1], to probabilities.
        blend: As in ``sliding_window.profile``.
        batch: Windows per call of ``net``.
        empty: Whether a window, given by its rows and columns of pixels, shows only glass, where nothing is found.
        margin: As in ``sliding_window.profile``.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        spans: Sequence[Sequence[Span]],
        net: Net,
        *,
        blend: str,
        batch: int,
        empty: Callable[[tuple[int, int], tuple[int, int]], bool],
        margin: int = 0,
    ) -> None:
        self._down, self._across = axes
        self._rows, self._columns = spans
        self._net, self._batch, self._empty = net, batch, empty
        self._profiles = [profile(axis.window, blend, margin).numpy() for axis in axes]
        self._maps: dict[tuple[int, int], np.ndarray] = {}

    def of(
        self, pixels: UInt8[np.ndarray, "height width 3"], tile: tuple[int, int]
    ) -> Float32[np.ndarray, "rows columns"]:
        """The map of a tile, one value per pixel of the slide from ``start`` to ``stop`` of its spans.

        Args:
            pixels: The slide from ``first`` to ``last`` of its spans.
            tile: Its row and its column.
        """
        row, column = self._rows[tile[0]], self._columns[tile[1]]
        below = self._rows[tile[0] + 1].windows.start if tile[0] + 1 < len(self._rows) else len(self._down.starts)
        self._maps = {
            place: kept
            for place, kept in self._maps.items()
            if place[0] >= below or (place[0] in row.windows and place[1] >= column.windows.start)
        } | self._computed(pixels, row, column)
        top, bottom = self._down.map_pixels(row.start, row.stop)
        left, right = self._across.map_pixels(column.start, column.stop)
        total = np.zeros((bottom - top, right - left))
        weights = [np.zeros(bottom - top), np.zeros(right - left)]
        places = [(k, *_meeting(self._down, k, top, bottom)) for k in row.windows]
        others = [(k, *_meeting(self._across, k, left, right)) for k in column.windows]
        for weight, profiled, windows in zip(weights, self._profiles, (places, others), strict=True):
            for _, inside, outside in windows:
                weight[outside] += profiled[inside]
        for (r, in_y, out_y), (c, in_x, out_x) in product(places, others):
            if (found := self._maps.get((r, c))) is not None:
                total[out_y, out_x] += np.outer(self._profiles[0][in_y], self._profiles[1][in_x]) * found[in_y, in_x]
        probability = (total / np.outer(*weights)).astype(np.float32)
        tall = self._down.from_map(row.start, row.stop) @ probability
        wide = (self._across.from_map(column.start, column.stop) @ tall.T).T
        return np.ascontiguousarray(wide.clip(0, 1))

    def _computed(self, pixels: np.ndarray, row: Span, column: Span) -> dict[tuple[int, int], np.ndarray]:
        """The windows of a tile that are not there yet and show tissue."""
        needed = [place for place in product(row.windows, column.windows) if place not in self._maps]
        reaches = {(r, c): (self._down.window_pixels(r), self._across.window_pixels(c)) for r, c in needed}
        needed = [place for place in needed if not self._empty(*reaches[place])]
        made: dict[tuple[int, int], np.ndarray] = {}
        for index in range(0, len(needed), self._batch):
            places = needed[index : index + self._batch]
            windows = [self._window(pixels, row, column, place, reaches[place]) for place in places]
            made |= zip(places, self._net(np.stack(windows)), strict=True)
        return made

    def _window(
        self,
        pixels: np.ndarray,
        row: Span,
        column: Span,
        place: tuple[int, int],
        reach: tuple[tuple[int, int], tuple[int, int]],
    ) -> np.ndarray:
        """A window (3, height, width) float32 at the network's resolution."""
        (top, bottom), (left, right) = reach
        part = pixels[top - row.first : bottom - row.first, left - column.first : right - column.first]
        scaled = np.ascontiguousarray(part.transpose(2, 0, 1)).astype(np.float32) / 255
        down, across = self._down.to_window(place[0]), self._across.to_window(place[1])
        return np.stack([(across @ (down @ band).T).T for band in scaled]).clip(0, 1)


def _meeting(axis: Axis, number: int, first: int, last: int) -> tuple[slice, slice]:
    """Where a window and the pixels from ``first`` to ``last`` meet: in the window, and in these pixels."""
    start = axis.starts[number]
    low, high = max(first, start), min(last, start + axis.window)
    return slice(low - start, high - start), slice(low - first, high - first)
