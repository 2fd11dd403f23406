"""Parts of a map against the map of the whole image."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mitosis.inference import sliding_window
from mitosis.inference.axis import axes
from mitosis.inference.sliding_window import INNER
from mitosis.inference.window_maps import WindowMaps


def blurred(windows: np.ndarray) -> np.ndarray:
    """Padded by 0, so that a window's border differs from its middle."""
    return functional.avg_pool2d(torch.from_numpy(windows).mean(dim=1), 21, 1, 10).numpy()


class Parts:
    """All tiles of an image, and what was computed and kept for them."""

    def __init__(self, pixels: np.ndarray, blend: str = "mean", side: int = 150, empty=lambda rows, columns: False):
        self.windows, self.kept = 0, []
        both = axes(pixels.shape[:2], pixels.shape[:2], 64, 16, 8)
        rows, columns = spans = [axis.spans(side, 20, 8) for axis in both]
        maps = WindowMaps(both, spans, self._net, blend=blend, batch=3, empty=empty)
        self.map = np.full(pixels.shape[:2], np.nan, np.float32)
        for r, row in enumerate(rows):
            for c, column in enumerate(columns):
                part = maps.of(pixels[row.first : row.last, column.first : column.last], (r, c))
                before = self.map[row.start : row.stop, column.start : column.stop]
                np.testing.assert_allclose(part, np.where(np.isnan(before), part, before), atol=1e-6)
                before[:] = part
                self.kept.append(len(maps._maps))
        self.all = len(both[0].starts) * len(both[1].starts)

    def _net(self, windows: np.ndarray) -> np.ndarray:
        assert windows.shape[1:] == (3, 64, 64)
        assert len(windows) <= 3
        self.windows += len(windows)
        return blurred(windows)


def drawn(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("blend", ["mean", "weighted"])
def test_parts_are_those_of_the_whole_and_no_window_is_computed_twice(blend):
    pixels = drawn(330, 400)
    parts = Parts(pixels, blend)
    whole = sliding_window.predict(
        lambda images: torch.from_numpy(blurred(images.numpy()))[:, None],
        torch.from_numpy(pixels).permute(2, 0, 1).float() / 255,
        window=64,
        overlap=16,
        stride=8,
        blend=blend,
        batch=1,
        max_pixels=10**8,
    )
    np.testing.assert_allclose(parts.map, whole.numpy(), atol=1e-6)
    assert parts.windows == parts.all
    assert len(parts.kept) > 4


def test_what_is_kept_does_not_grow_with_the_height():
    low, high = Parts(drawn(400, 300)), Parts(drawn(1200, 300))
    assert high.all > 2.5 * low.all
    assert max(high.kept) <= max(low.kept) + 7, "a row of windows more, as the rows of tiles differ"
    assert max(high.kept) < high.all / 3


def test_windows_of_glass_are_not_computed_and_give_0():
    pixels = drawn(330, 400)
    parts = Parts(pixels, empty=lambda rows, columns: columns[0] >= 128)
    assert parts.windows < parts.all / 2
    assert (parts.map[:, 200:] == 0).all()
    np.testing.assert_array_equal(parts.map[:, :100], Parts(pixels).map[:, :100])


@pytest.mark.parametrize(("height", "width"), [(330, 400), (60, 290)])
def test_with_a_margin_the_parts_are_those_of_one_pass(height, width):
    pixels = drawn(height, width)
    both = axes((height, width), (height, width), 48, 0, 8, 16)
    assert all(axis.window <= 64 + 2 * 16 for axis in both)
    rows, columns = spans = [axis.spans(150, 20, 8) for axis in both]
    maps = WindowMaps(both, spans, blurred, blend=INNER, batch=3, empty=lambda rows, columns: False, margin=16)
    whole = blurred(
        np.pad(pixels, ((0, -height % 8), (0, -width % 8), (0, 0)), "reflect").transpose(2, 0, 1)[None] / 255
    )
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            part = maps.of(pixels[row.first : row.last, column.first : column.last], (r, c))
            expected = whole[0, row.start : row.stop, column.start : column.stop]
            np.testing.assert_allclose(part, expected, atol=1e-5)
