import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mitosis.errors import InputError
from mitosis.inference.resolution import predict_at, rescale


def test_half_the_resolution_by_hand() -> None:
    """Bilinear with doubled support: weights 1, 3, 3, 1 out of 8, without those outside the border."""
    row = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    expected = [1 / 7, 6 / 8, 1 / 8, 0.0]  # (3 · 0 + 3 · 0 + 1 · 1) / 7; (0 + 3 + 3 + 0) / 8; (1 + 0 + 0 + 0) / 8
    torch.testing.assert_close(rescale(row.expand(1, 8, 8), 0.5)[0, 0], torch.tensor(expected))


def test_fields_of_both_scanners_become_512_pixels() -> None:
    for size, mpp in (((2084, 2084), 0.2456), ((2250, 2252), 0.22742)):
        assert rescale(torch.zeros(1, *size), mpp / 1.0).shape == (1, 512, 512)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.05, 4), st.integers(0, 9))
def test_sides_range_and_frame(height: int, width: int, scale: float, seed: int) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))
    small = rescale(image, scale)
    assert small.shape == (3, max(1, round(height * scale)), max(1, round(width * scale)))
    assert small.min() >= image.min() - 1e-5
    assert small.max() <= image.max() + 1e-5
    back = predict_at(scale, lambda seen: seen[0], image)
    assert back.shape == (height, width)
    constant = predict_at(scale, lambda seen: torch.full(seen.shape[1:], 0.25), image)
    torch.testing.assert_close(constant, torch.full_like(constant, 0.25))


def test_at_its_own_resolution_an_image_is_unchanged() -> None:
    image = torch.rand(3, 5, 7)
    assert rescale(image, 1.0) is image
    assert predict_at(1.0, lambda seen: seen[1], image).equal(image[1])


def test_a_blob_stays_where_it_is() -> None:
    y, x = np.mgrid[:256, :256]
    blob = torch.from_numpy(np.exp(-((x - 100) ** 2 + (y - 60) ** 2) / (2 * 12.0**2))).float()[None]
    back = predict_at(0.25, lambda seen: seen[0], blob).numpy()
    centre = [(back * axis).sum() / back.sum() for axis in (x, y)]
    np.testing.assert_allclose(centre, [100, 60], atol=0.05)
    assert back.sum() == pytest.approx(float(blob.sum()), rel=0.01)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_an_invalid_scale_is_refused(scale: float) -> None:
    with pytest.raises(InputError, match="tiling.mpp"):
        rescale(torch.zeros(1, 4, 4), scale)
