"""Tissue on small images, by hand."""

import numpy as np
import pytest

from mitosis.image.tissue import sample

PINK, GLASS = (200, 120, 170), (243, 243, 243)


def test_tissue_is_darker_than_glass():
    image = np.full((40, 40, 3), GLASS, np.uint8)
    image[:10] = PINK
    image[20:] = 3  # padding
    pixels, tissue = sample(image)
    assert len(pixels) == 800
    assert tissue.sum() == 400
    assert {tuple(pixel) for pixel in pixels[tissue].tolist()} == {PINK}
    assert {tuple(pixel) for pixel in pixels[~tissue].tolist()} == {GLASS}


def test_a_large_field_is_sampled_evenly():
    image = np.full((2001, 1800, 3), PINK, np.uint8)
    image[:, 900:] = GLASS
    pixels, tissue = sample(image)
    assert 100_000 < len(pixels) < 250_000
    assert tissue.mean() == pytest.approx(0.5, abs=0.01)


def test_a_black_or_empty_image_has_no_tissue():
    for image in (np.zeros((40, 40, 3), np.uint8), np.zeros((0, 7, 3), np.uint8)):
        pixels, tissue = sample(image)
        assert pixels.shape == (0, 3)
        assert tissue.shape == (0,)
