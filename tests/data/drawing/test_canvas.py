import numpy as np
import pytest

from mitosis.data.drawing.canvas import Canvas, cover, outline, smooth_noise


def canvas(size: int = 40, mpp: float = 0.5) -> Canvas:
    return Canvas(np.full((size, size), 0.2, np.float32), np.full((size, size), 0.4, np.float32), mpp)


def test_a_patch_measures_micrometres_from_its_centre():
    patch = canvas().patch(10.0, 5.0, 2.0)
    assert (patch.rows, patch.columns) == (slice(6, 14), slice(16, 24))
    assert patch.x[0].tolist() == [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5]
    assert patch.y[4, 0] == 0


@pytest.mark.parametrize("at", [(0.0, 0.0), (20.0, 20.0), (0.0, 12.3)])
def test_a_patch_is_cut_at_the_border(at):
    drawing = canvas()
    patch = drawing.patch(*at, 4.0)
    assert drawing.eosin[patch.rows, patch.columns].shape == patch.x.shape
    assert np.hypot(patch.x, patch.y).min() <= 1.0


def test_paint_replaces_and_dilute_multiplies_by_the_share_covered():
    drawing = canvas()
    patch = drawing.patch(10.0, 10.0, 2.0)
    drawing.paint(patch, np.full(patch.x.shape, 0.5, np.float32), 1.2, 0.0)
    assert np.allclose(drawing.haematoxylin[patch.rows, patch.columns], 0.7)
    assert np.allclose(drawing.eosin[patch.rows, patch.columns], 0.2)
    drawing.dilute(patch, np.full(patch.x.shape, 0.5, np.float32), 0.0, 2.0)
    assert np.allclose(drawing.haematoxylin[patch.rows, patch.columns], 0.35)
    assert np.allclose(drawing.eosin[patch.rows, patch.columns], 0.3)
    assert drawing.haematoxylin[0, 0] == np.float32(0.2)


@pytest.mark.parametrize("scale", [1, 5])
def test_noise_is_centred_scaled_and_smooth_at_its_grain(scale):
    noise = smooth_noise(np.random.default_rng(0), (400, 300), scale)
    assert noise.shape == (400, 300)
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.1
    assert 0.7 < noise.std() < 1.4
    neighbours = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    assert neighbours > 0.9 if scale == 5 else neighbours < 0.5


def test_an_unwobbled_outline_is_the_ellipse():
    patch = canvas(size=200, mpp=0.1).patch(10.0, 10.0, 8.0)
    inside = outline(np.random.default_rng(0), patch, 5.0, 3.0, np.pi / 2, 0.0) > 0
    assert inside.sum() * 0.1**2 == pytest.approx(np.pi * 5 * 3, rel=0.01)
    assert np.abs(patch.y[inside]).max() == pytest.approx(5.0, abs=0.11)
    assert np.abs(patch.x[inside]).max() == pytest.approx(3.0, abs=0.11)


def test_cover_ramps_over_its_edge():
    assert cover(np.array([-1.0, -0.2, 0.0, 0.1, 1.0]), 0.4).tolist() == pytest.approx([0, 0, 0.5, 0.75, 1], abs=1e-6)
