import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import label, regionprops

from mitosis.errors import InputError
from mitosis.inference.components import Candidates, extract, label_candidates
from mitosis.inference.crop import crop


def found(probability, threshold=0.5, min_area_um2=0.0, mpp=0.5):
    return extract(np.asarray(probability, dtype=np.float32), threshold=threshold, min_area_um2=min_area_um2, mpp=mpp)


def test_by_hand():
    result = found([[0.5, 0, 0, 0.9], [0, 0.75, 0, 0.7], [0, 0, 0, 0.49]])
    assert result.points.tolist() == [[0.5, 0.5], [3.0, 0.5]]  # diagonal neighbours are one part; 0.5 is in
    assert result.area_um2.tolist() == [0.5, 0.5]
    assert result.mean == pytest.approx([0.625, 0.8])
    assert result.max == pytest.approx([0.75, 0.9])
    assert result.labels.tolist() == [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 0]]


def test_the_papers_minimum_is_more_than_100_pixels():
    probability = np.zeros((40, 40))
    probability[:10, :10] = probability[20:30, 20:30] = 1
    probability[30, 20] = 1
    result = found(probability, min_area_um2=6.25, mpp=0.25)
    assert result.area_um2.tolist() == [101 / 16]
    assert sorted(np.unique(result.labels)) == [0, 1]
    assert (result.labels == 1).sum() == 101
    assert len(found(probability, min_area_um2=6.25, mpp=0.2501)) == 2


@given(arrays(np.float32, (9, 11), elements=st.floats(0, 1, width=32)), st.floats(0.05, 1), st.floats(0, 4))
def test_agrees_with_skimage(probability, threshold, min_area):
    result = extract(probability, threshold=threshold, min_area_um2=min_area, mpp=1.0)
    regions = [r for r in regionprops(label(probability >= threshold, connectivity=2)) if r.area > min_area]
    expected = sorted(
        (
            *r.centroid[::-1],
            r.area,
            probability[tuple(r.coords.T)].mean(dtype=float),
            probability[tuple(r.coords.T)].max(),
        )
        for r in regions
    )
    got = zip(*result.points.T, result.area_um2, result.mean, result.max, strict=True)
    assert np.allclose(np.array(sorted(got)), np.array(expected))
    for row, (x, y) in enumerate(result.points):
        ys, xs = np.nonzero(result.labels == row + 1)
        assert (xs.mean(), ys.mean()) == pytest.approx((x, y))
    assert result.labels.max(initial=0) == len(result)


@pytest.mark.parametrize("value", [0, 1])
def test_empty_and_full_fields(value):
    result = found(np.full((7, 5), value))
    assert len(result) == value
    assert result.points.shape == (value, 2)
    assert result.points.tolist() == [[2, 3]] * value


def test_a_whole_field_of_specks_takes_no_minutes():
    probability = np.random.default_rng(0).random((2084, 2084), dtype=np.float32)
    start = time.process_time()
    result = extract(probability, threshold=0.9, min_area_um2=0.0, mpp=0.25)
    assert time.process_time() - start < 10  # one look at the whole field for each would take hours
    assert len(result) > 100_000


def test_extract_refuses_nan_and_other_shapes():
    with pytest.raises(ValueError, match="nan"):
        found([[np.nan]])
    with pytest.raises(ValueError, match="shape"):
        found([[[1.0]]])
    with pytest.raises(ValueError, match="mpp"):
        found([[1.0]], mpp=0)


def test_labels_of_candidates():
    labels = np.zeros((10, 60), np.int32)
    boxes = [(0, 4), (6, 9), (14, 18), (20, 24), (30, 34), (40, 44), (50, 52)]  # x from, to
    for i, (left, right) in enumerate(boxes):
        labels[:, left:right] = i + 1
    points = np.array([[(left + right - 1) / 2, 4.5] for left, right in boxes])
    nothing = np.zeros(len(boxes))
    candidates = Candidates(points, nothing, nothing, nothing, labels)

    def pixels(*xs):
        return np.array([[x, 5] for x in xs])

    figures = [pixels(1, 2, 8), pixels(32, 38), pixels(47)]
    truths = np.array([[4.0, 4.5], [35.0, 4.5], [47.0, 4.5]])
    # 0 matched; 1 touches the matched truth; 2 is within 12 px of its centroid; 3 is not;
    # 4 touches an undetected truth; 5 is near that and the third one, but touches neither; 6 likewise.
    got = label_candidates(candidates, np.array([[0, 0]]), truths, figures, radius_px=12.0)
    assert got.tolist() == [1, -1, -1, 0, -1, 0, 0]
    matched = label_candidates(candidates, np.array([[0, 0], [5, 2], [4, 1]]), truths, figures, radius_px=12.0)
    assert matched.tolist() == [1, -1, -1, 0, 1, 1, -1]


def test_labels_without_truths_or_candidates():
    none, no_pairs = np.zeros((0, 2)), np.zeros((0, 2), int)
    two = found([[1, 0, 1]])
    assert label_candidates(two, no_pairs, none, [], 5.0).tolist() == [0, 0]
    empty = found([[0, 0, 0]])
    assert label_candidates(empty, no_pairs, np.zeros((1, 2)), [np.array([[0, 0]])], 5.0).shape == (0,)
    with pytest.raises(ValueError, match="1 truths"):
        label_candidates(two, no_pairs, np.zeros((1, 2)), [], 5.0)


FIELD = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def cut(point, pixels, field=FIELD, side_px=None, border="reflect"):
    return crop(field, point, side_um=(side_px or pixels) * 0.25, mpp=0.25, pixels=pixels, border=border)


@given(st.integers(-3, 52), st.integers(-3, 42), st.sampled_from([1, 5, 31]), st.sampled_from(["reflect", "black"]))
def test_crop_at_scale_one_is_a_slice_of_the_extended_field(x, y, side, border):
    pad = 40
    mode = {"mode": "reflect"} if border == "reflect" else {"mode": "constant"}
    wide = np.pad(FIELD, ((pad, pad), (pad, pad), (0, 0)), **mode)
    top, left = y + pad - side // 2, x + pad - side // 2
    assert np.array_equal(cut((x, y), side, border=border), wide[top : top + side, left : left + side])


def test_crop_of_even_size_around_a_half_pixel():
    assert np.array_equal(cut((19.5, 9.5), 8), FIELD[6:14, 16:24])


def test_crop_enlarges_around_its_centre():
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None], 60, axis=0).repeat(3, axis=2)
    big = cut((50, 30), 129, field=ramp, side_px=64.5)  # half a pixel a step
    assert big.shape == (129, 129, 3)
    assert big[64, 64, 0] == 50
    assert np.abs(big[0, :, 1] - (50 + (np.arange(129) - 64) / 2)).max() <= 0.5
    moved = cut((50.5, 30), 129, field=ramp, side_px=64.5)  # one step
    assert np.array_equal(moved[:, :-1], big[:, 1:])


def test_crop_takes_the_same_tissue_from_another_scanner():
    ys, xs = np.mgrid[:200, :200]
    fine = np.repeat((127 + 100 * np.sin(xs / 20) * np.cos(ys / 25)).astype(np.uint8)[..., None], 3, axis=2)
    ys, xs = np.mgrid[:100, :100] * 2
    coarse = np.repeat((127 + 100 * np.sin(xs / 20) * np.cos(ys / 25)).astype(np.uint8)[..., None], 3, axis=2)
    a = crop(fine, (90, 70), side_um=16, mpp=0.25, pixels=128, border="reflect")
    b = crop(coarse, (45, 35), side_um=16, mpp=0.5, pixels=128, border="reflect")
    assert np.abs(a.astype(int) - b).max() <= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2)])
def test_crop_of_a_field_smaller_than_itself(shape):
    field = FIELD[: shape[0], : shape[1]]
    padded = np.pad(field, ((10, 10), (10, 10), (0, 0)), mode="reflect")
    assert np.array_equal(cut((0, 0), 21, field=field), padded[:21, :21])
    black = cut((0, 0), 21, field=field, border="black")
    assert black.sum() == field[:11, :11].sum()
    assert black[9].sum() == 0


def test_crop_refuses_invalid_arguments():
    with pytest.raises(InputError, match="border=wrap"):
        cut((1, 1), 5, border="wrap")
    with pytest.raises(InputError, match="positive"):
        cut((1, 1), 0)
    with pytest.raises(ValueError, match="nan"):
        cut((np.nan, 1), 5)
