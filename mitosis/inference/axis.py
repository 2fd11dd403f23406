"""One axis of a slide that is predicted in parts: its windows, its tiles, and the resampling between resolutions.

Every part is resampled as if the whole slide were and the part cut from it, so the result does not depend on the parts.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from mitosis.inference.sliding_window import FALLBACK_WINDOW, fitted, starts

FRACTION = 0.381966
"""Where between two pixels tiles meet: no centroid of a few pixels lies exactly there, on neither or on both sides."""


@dataclass(frozen=True)
class Span:
    """A tile along one axis.

    Attributes:
        low: From here on a candidate belongs to this tile …
        high: … up to here, in pixels of the slide.
        start: First pixel of the map in which candidates are looked for …
        stop: … and the one after its last.
        windows: The windows that contribute to this map.
        first: First pixel that is read …
        last: … and the one after the last.
    """

    low: float
    high: float
    start: int
    stop: int
    windows: range
    first: int
    last: int


@dataclass(frozen=True)
class Axis:
    """One axis of a slide.

    Attributes:
        size: Pixels of the slide.
        network: Pixels at the network's resolution.
        window: Side of a window in pixels at the network's resolution.
        starts: First pixels of the windows; the last windows reach beyond the slide, into its reflection.
    """

    size: int
    network: int
    window: int
    starts: tuple[int, ...]

    def window_pixels(self, number: int) -> tuple[int, int]:
        """The slide's pixels (first, one after the last) that a window is made of."""
        index = self._index(number)
        return _reach(self.size, self.network, int(index.min()), int(index.max()) + 1, antialias=True)

    def to_window(self, number: int) -> Any:
        """Sparse (window, n) matrix that turns the ``window_pixels`` into a window at the network's resolution."""
        index = self._index(number)
        low, high = int(index.min()), int(index.max()) + 1
        return _weights(self.size, self.network, low, high, antialias=True)[index - low]

    def map_pixels(self, start: int, stop: int) -> tuple[int, int]:
        """The network's pixels (first, one after the last) that make up the slide's from ``start`` to ``stop``."""
        return _reach(self.network, self.size, start, stop, antialias=False)

    def from_map(self, start: int, stop: int) -> Any:
        """Sparse (stop - start, n) matrix that turns the map of the ``map_pixels`` into one of the slide's pixels."""
        return _weights(self.network, self.size, start, stop, antialias=False)

    def windows_of(self, first: int, last: int) -> range:
        """The windows with a pixel from ``first`` to ``last`` at the network's resolution, ``last`` excluded."""
        met = [k for k, start in enumerate(self.starts) if start < last and start + self.window > first]
        return range(met[0], met[-1] + 1)

    def spans(self, side: int, margin: int, reach: int) -> list[Span]:
        """Cut the axis into tiles that meet behind the end of a window, so each needs few windows of its neighbour.

        Args:
            side: About the greatest length of a tile in pixels; it has the pixels of one window at least.
            margin: Pixels around a tile in which candidates are looked for, so that those at its edge are complete.
            reach: Pixels around a tile that are read, so that crops at its edge are complete.
        """
        scale = self.size / self.network
        ends = [(start + self.window + 3) * scale for start in self.starts]  # 3: what the map's resampling looks at
        count = min(len(ends), math.ceil(self.size / side))
        inner = [math.ceil(ends[len(ends) * tile // count - 1]) + margin + FRACTION for tile in range(1, count)]
        edges = [-math.inf, *sorted({edge for edge in inner if edge < self.size - 1}), math.inf]
        return [self._span(low, high, margin, reach) for low, high in zip(edges, edges[1:], strict=False)]

    def _span(self, low: float, high: float, margin: int, reach: int) -> Span:
        left, right = (0 if low < 0 else math.floor(low)), (self.size if high > self.size else math.ceil(high))
        start, stop = max(0, left - margin), min(self.size, right + margin)
        windows = self.windows_of(*self.map_pixels(start, stop))
        pixels = [self.window_pixels(number) for number in windows]
        first = min(max(0, left - reach), *(pair[0] for pair in pixels))
        last = max(min(self.size, right + reach), *(pair[1] for pair in pixels))
        return Span(low, high, start, stop, windows, first, last)

    def _index(self, number: int) -> np.ndarray:
        """For each pixel of a window, that of the slide at the network's resolution."""
        padded = max(self.starts[-1] + self.window, self.network)
        index = np.pad(np.arange(self.network), (0, padded - self.network), mode="reflect")
        return index[self.starts[number] : self.starts[number] + self.window]


def axes(
    size: tuple[int, int], network: tuple[int, int], window: int | None, overlap: int, stride: int, margin: int = 0
) -> list[Axis]:
    """The vertical and the horizontal axis of a slide, with the windows of ``sliding_window.predict``.

    Args:
        size: (height, width) of the slide in pixels.
        network: (height, width) at the network's resolution.
        window: Side of a window. None runs a slide of up to 2048 pixels a side in one pass, and others in windows of
            2048.
        overlap: Smallest overlap of neighbouring windows in pixels.
        stride: The network's total downsampling factor.
        margin: As in ``sliding_window.predict``.
    """
    ups = [-(-side // stride) * stride for side in network]
    if window is None and (margin or max(ups) > FALLBACK_WINDOW):
        window = -(-FALLBACK_WINDOW // stride) * stride
    sides = ups if window is None else [window, window]
    if window is not None and margin:
        sides, overlap = [fitted(up, window, margin, stride) for up in ups], 2 * margin
    return [
        Axis(full, fine, side, tuple(starts(max(up, side), side, overlap, stride)))
        for full, fine, side, up in zip(size, network, sides, ups, strict=True)
    ]


def _reach(size: int, new: int, first: int, last: int, *, antialias: bool) -> tuple[int, int]:
    """The pixels of ``size`` that contribute to ``first`` … ``last`` of ``new``."""
    scale = size / new
    support = max(scale, 1.0) if antialias else 1.0
    low, high = (first + 0.5) * scale - support, (last - 0.5) * scale + support
    return max(0, math.floor(low - 0.5)), min(size, math.ceil(high + 0.5) + 1)


def _weights(size: int, new: int, first: int, last: int, *, antialias: bool) -> Any:
    """Sparse (last - first, n) matrix of a bilinear resampling from ``size`` to ``new`` pixels, n as in ``_reach``.

    With ``antialias`` the triangle is as wide as the pixels that it makes, as in ``torch``'s antialiased interpolation;
    beyond the border, weights are left out and the others sum to 1.
    """
    scale = size / new
    width = max(scale, 1.0) if antialias else 1.0
    low, high = _reach(size, new, first, last, antialias=antialias)
    if size == new:
        rows = np.arange(last - first)
        return csr_array((np.ones(len(rows), np.float32), (rows, rows + first - low)), (last - first, high - low))
    centre = (np.arange(first, last) + 0.5) * scale - 0.5
    taps = math.ceil(width) * 2 + 2
    place = np.floor(centre - width).astype(np.int64)[:, None] + np.arange(taps)
    weight = np.maximum(0, 1 - np.abs(place - centre[:, None]) / width)
    weight[(place < 0) | (place >= size)] = 0
    weight /= weight.sum(axis=1, keepdims=True)
    rows, column = np.repeat(np.arange(last - first), taps), (place - low).ravel()
    used = weight.ravel() > 0
    shape = (last - first, high - low)
    return csr_array((weight.ravel()[used].astype(np.float32), (rows[used], column[used])), shape)
