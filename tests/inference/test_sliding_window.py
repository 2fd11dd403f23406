import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mitosis.errors import InputError
from mitosis.inference.sliding_window import fitted, predict, starts

BLEND = pytest.mark.parametrize("blend", ["mean", "weighted"])


def run(net, image, **settings):
    return predict(
        net,
        image,
        **{"window": 16, "overlap": 4, "stride": 1, "blend": "mean", "batch": 3, "max_pixels": 10**6, **settings},
    )


def first(x):
    """A pointwise network: the output is the input's first channel."""
    return x[:, :1]


def image(height, width, seed=0):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


class Recorder:
    def __init__(self):
        self.shapes = []

    def __call__(self, x):
        self.shapes.append(tuple(x.shape))
        return x[:, :1]


def test_papers_windows():
    """SCMitosis (section 3.1.4): 2×2 windows of 2048 on 2084, averaged where they overlap."""
    assert starts(2084, 2048, 0, 1) == [0, 36]
    numbers = iter(range(1, 5))

    def net(x):
        return torch.stack([torch.full((1, *x.shape[2:]), float(next(numbers))) for _ in x])

    tall = torch.zeros(3, 1, 1).expand(3, 2084, 2084)
    result = run(net, tall, window=2048, overlap=32, batch=1)
    assert next(numbers, None) is None  # four windows
    assert [result[0, 0], result[0, -1], result[-1, 0], result[-1, -1]] == [1, 2, 3, 4]
    assert [result[0, 1000], result[1000, 0], result[1000, 1000]] == [1.5, 2, 2.5]


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 8), st.data())
def test_starts(more, window, stride, data):
    overlap = data.draw(st.integers(0, (window - 1) * stride))
    size, window = (window + more - 1) * stride, window * stride
    places = starts(size, window, overlap, stride)
    gaps = np.diff(places)
    assert places[0] == 0
    assert places[-1] == size - window
    assert all(place % stride == 0 for place in places)
    assert (gaps > 0).all()
    assert (window - gaps >= overlap).all()
    assert len(gaps) < 2 or gaps.max() - gaps.min() <= stride


@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from([(None, 1), (None, 8), (8, 1), (8, 8), (16, 4), (24, 8)]),
    st.sampled_from(["mean", "weighted"]),
    st.integers(1, 5),
)
def test_a_pointwise_net_is_reproduced_exactly_for_any_shape(height, width, window_and_stride, blend, batch):
    window, stride = window_and_stride
    field, net = image(height, width), Recorder()
    overlap = 0 if window in (None, stride) else 4
    result = run(net, field, window=window, stride=stride, overlap=overlap, blend=blend, batch=batch)
    assert result.dtype == torch.float32
    assert torch.equal(result, field[0])
    assert all(h % stride == 0 and w % stride == 0 and b <= batch for b, _, h, w in net.shapes)
    assert window is None or {shape[2:] for shape in net.shapes} == {(window, window)}


@BLEND
@pytest.mark.parametrize("overlap", [8, 11])
def test_windows_equal_one_pass_where_the_receptive_field_lies_inside(blend, overlap):
    """Two 3×3 convolutions have a radius of 2 px. Integer weights make every sum exact in any order.

    Nearer than 2 px to an inner border of a window, its zero padding stands where the field goes on: excluded here,
    and different indeed. The field's own borders are padded alike in both, and equal.
    """
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.Conv2d(4, 1, 3, padding=1))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    field = torch.randint(0, 9, (3, 50, 61)).float()
    whole = run(net, field, window=None, blend=blend)
    windowed = run(net, field, window=32, overlap=overlap, blend=blend)
    near = torch.zeros(50, 61, dtype=torch.bool)
    for axis, size in enumerate((50, 61)):
        for place in starts(size, 32, overlap, 1):
            for border in {place, place + 32} - {0, size}:
                near.narrow(axis, border - 2, 4).fill_(True)
    assert near.float().mean() < 0.5
    assert torch.equal(windowed[~near], whole[~near])
    assert not torch.equal(windowed[near], whole[near])


@BLEND
def test_windows_keep_the_phase_of_a_net_that_downsamples(blend):
    def net(x):
        return torch.nn.functional.interpolate(torch.nn.functional.max_pool2d(x[:, :1], 8), scale_factor=8)

    field = image(77, 90)
    assert torch.equal(run(net, field, window=32, stride=8, blend=blend), run(net, field, window=None, stride=8))


def test_weighted_blending_favours_the_centre_of_a_window():
    numbers = iter((0.0, 1.0))
    result = run(
        lambda x: torch.full_like(x[:, :1], next(numbers)), image(16, 24), overlap=8, blend="weighted", batch=1
    )
    overlap = result[5, 8:16]
    assert (overlap.diff() > 0).all()
    assert overlap[0] < 0.05
    assert overlap[-1] > 0.95
    assert torch.allclose(overlap + overlap.flip(0), torch.ones(8))
    assert (result[:, :8] == 0).all()
    assert (result[:, 16:] == 1).all()


def test_a_field_above_max_pixels_falls_back_to_windows():
    net, field = Recorder(), image(16, 2100)
    run(net, field, window=None, max_pixels=16 * 2100)
    assert net.shapes == [(1, 3, 16, 2100)]
    net.shapes.clear()
    assert torch.equal(run(net, field, window=None, max_pixels=16 * 2100 - 1, stride=3, batch=1), field[0])
    assert net.shapes == [(1, 3, 2049, 2049)] * 2  # the next multiple of the stride


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (3, 2)])
def test_tiny_fields_are_reflected_repeatedly(height, width):
    seen = []
    field = image(height, width)
    run(lambda x: seen.append(x) or x[:, :1], field, window=16)
    expected = np.pad(field.numpy(), ((0, 0), (0, 16 - height), (0, 16 - width)), mode="reflect")
    assert np.array_equal(seen[0][0].numpy(), expected)


def test_batches_inference_mode_and_half_precision():
    sizes, modes = [], []

    def net(x):
        sizes.append(len(x))
        modes.append(torch.is_inference_mode_enabled())
        return x[:, :1].bfloat16()

    result = run(net, image(16, 60).requires_grad_(), batch=2)
    assert sizes == [2, 2, 1]
    assert modes == [True] * 3
    assert result.dtype == torch.float32
    assert not result.requires_grad
    assert not result.is_inference()


def test_invalid_arguments_are_refused():
    for key, settings in {
        "window=12": {"window": 12, "stride": 8},
        "window=0": {"window": 0},
        "overlap=-1": {"overlap": -1},
        "overlap=16": {"overlap": 16},
        "blend=max": {"blend": "max"},
        "batch=0": {"batch": 0},
    }.items():
        with pytest.raises(InputError, match=f"tiling.{key}"):
            run(first, image(20, 20), **settings)
    for shape in ((3, 0, 4), (20, 20), (1, 3, 20, 20)):
        with pytest.raises(ValueError, match="image"):
            run(first, torch.zeros(shape))
    with pytest.raises(ValueError, match="network answers"):
        run(lambda x: x, image(20, 20))


def test_windows_fitted_to_a_core_by_hand():
    """Two windows overlap by 2 · 48: (1024 + 96) / 2; three of 1000 pixels: (1000 + 192) / 3 = 397.3, up to 400."""
    assert fitted(1024, 512, 48, 16) == 560
    assert fitted(1000, 400, 48, 16) == 400
    assert fitted(1000, 1024, 48, 16) == 1008  # one pass
    assert fitted(40, 16, 32, 8) == 40  # never more than the image
    assert fitted(240, 16, 32, 8) == 152  # a core of four margins, 128: two windows, (240 + 64) / 2


@given(st.integers(1, 500), st.integers(1, 8), st.integers(0, 4), st.integers(1, 8))
def test_fitted_windows_are_bounded_whatever_the_size(size, core, margin, stride):
    core, margin = core * stride, margin * stride
    side = fitted(size, core, margin, stride)
    assert side % stride == 0
    assert side <= max(core, 4 * margin) + 2 * margin
    whole = -(-size // stride) * stride
    if side < whole:
        places = starts(whole, side, 2 * margin, stride)
        assert places[1] >= margin, "the second window would reach where only the first sees all there is"
        assert places[-2] + side <= whole - margin


def smoothed(x):
    """A network that sees 6 pixels to each side, padded by 0 as convolutions are."""
    return torch.nn.functional.avg_pool2d(x.mean(dim=1, keepdim=True), 13, 1, 6)


@pytest.mark.parametrize(("height", "width"), [(70, 50), (24, 61), (8, 9)])
def test_with_a_margin_windows_give_the_map_of_a_whole_pass(height, width):
    x = image(height, width)
    whole = run(smoothed, x, window=None, stride=4)
    seen = []

    def net(windows):
        seen.append(windows.shape[2:])
        return smoothed(windows)

    parts = run(net, x, window=16, stride=4, margin=8)
    assert torch.allclose(parts, whole, atol=1e-6)
    assert max(max(shape) for shape in seen) <= 32 + 2 * 8
    if height == 70:
        too_small = run(smoothed, x, window=16, stride=4, margin=4)
        assert (too_small - whole).abs().max() > 1e-4, "two pixels less than the network sees"
