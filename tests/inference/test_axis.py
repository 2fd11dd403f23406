"""Parts of an axis against the whole: torch resamples the whole, an axis only what is asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mitosis.inference.axis import Axis, axes
from mitosis.inference.resolution import rescale


def line(size: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(size).random((1, 1, size), np.float32))


@pytest.mark.parametrize(("size", "network"), [(400, 200), (400, 196), (401, 201), (200, 400), (97, 300), (300, 300)])
def test_windows_are_cut_from_the_whole_resampled_axis(size, network):
    image = line(size).expand(1, 8, size)
    whole = functional.interpolate(image[None], size=[8, network], mode="bilinear", antialias=True)[0, 0, 0].numpy()
    padded = np.pad(whole, (0, 64), mode="reflect")
    axis = axes((64, size), (64, network), 64, 16, 8)[1]
    for number, start in enumerate(axis.starts):
        first, last = axis.window_pixels(number)
        made = axis.to_window(number) @ image[0, 0, first:last].numpy()
        np.testing.assert_allclose(made, padded[start : start + 64], atol=1e-5)


@pytest.mark.parametrize(("size", "network"), [(400, 200), (400, 196), (200, 400), (300, 300)])
def test_the_map_is_cut_from_the_whole_resampled_map(size, network):
    whole = functional.interpolate(line(network)[None], size=[1, size], mode="bilinear")[0, 0, 0].numpy()
    axis = Axis(size, network, 64, (0,))
    for start, stop in ((0, size), (0, 40), (33, 120), (size - 50, size)):
        first, last = axis.map_pixels(start, stop)
        made = axis.from_map(start, stop) @ line(network)[0, 0, first:last].numpy()
        np.testing.assert_allclose(made, whole[start:stop], atol=1e-5)


def test_a_window_of_hand():
    """Half the resolution of 0, 1, … 7: the triangle of width 2 gives 1/8 3/8 3/8 1/8, at the border 3/7 3/7 1/7."""
    axis = Axis(8, 4, 4, (0,))
    expected = [(3 * 0 + 3 * 1 + 1 * 2) / 7, 2.5, 4.5, 7 - (3 * 0 + 3 * 1 + 1 * 2) / 7]
    np.testing.assert_allclose(axis.to_window(0) @ np.arange(8, dtype=np.float32), expected, atol=1e-5)


def test_a_slide_smaller_than_its_window_is_reflected():
    (axis, _) = axes((5, 64), (5, 64), 16, 0, 8)
    assert axis.starts == (0,)
    assert (axis.to_window(0) @ np.arange(5, dtype=np.float32)).tolist() == [
        *(0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1)
    ]


def test_without_a_window_small_slides_are_one_and_large_ones_have_windows_of_2048():
    assert [axis.window for axis in axes((100, 2040), (100, 2040), None, 32, 8)] == [104, 2040]
    large = axes((100, 5000), (100, 5000), None, 32, 8)
    assert [axis.window for axis in large] == [2048, 2048]
    assert large[1].starts == (0, 1472, 2952)


@settings(max_examples=30)
@given(st.integers(1, 3000), st.floats(0.3, 4), st.sampled_from([64, 128, 512]), st.integers(1, 900))
def test_tiles_share_every_place_out_and_see_what_they_need(size, scale, window, side):
    network = max(1, round(size / scale))
    _, axis = axes((8, size), (8, network), window, 16, 8)
    spans = axis.spans(side, 40, 20)
    assert (spans[0].low, spans[-1].high) == (-np.inf, np.inf)
    for before, after in zip(spans, spans[1:], strict=False):
        assert before.high == after.low
    for span in spans:
        low, high = max(0, span.low), min(size, span.high)
        assert 0 <= span.first <= max(0, low - 20)
        assert size >= span.last >= min(size, high + 20)
        assert span.start <= max(0, low - 40)
        assert span.stop >= min(size, high + 40)
        needed = axis.map_pixels(span.start, span.stop)
        covered = {p for k in span.windows for p in range(axis.starts[k], axis.starts[k] + window)}
        assert set(range(*needed)) <= covered
        for number in span.windows:
            first, last = axis.window_pixels(number)
            assert span.first <= first < last <= span.last


def test_a_tile_needs_one_window_of_its_neighbour():
    _, axis = axes((8, 20_000), (8, 10_000), 512, 32, 8)
    spans = axis.spans(4096, 128, 56)
    assert len(spans) == 5
    assert all(len(span.windows) <= 5 for span in spans)


def test_whole_images_agree_with_rescale():
    image = torch.from_numpy(np.random.default_rng(0).random((3, 90, 110), np.float32))
    whole = rescale(image, 0.4912)
    down, across = (Axis(full, new, new, (0,)) for full, new in zip((90, 110), whole.shape[1:], strict=True))
    made = np.stack([down.to_window(0) @ band.numpy() @ across.to_window(0).T for band in image])
    np.testing.assert_allclose(made, whole.numpy(), atol=1e-5)
