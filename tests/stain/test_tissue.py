import numpy as np
import pytest

from mitosis.stain.normaliser import FitError
from mitosis.stain.tissue import sample

PINK, GLASS = (200, 120, 170), (243, 243, 243)


def test_tissue_is_what_is_darker_than_glass():
    image = np.full((40, 40, 3), GLASS, np.uint8)
    image[:10] = PINK
    image[20:] = 3  # padding
    pixels, tissue = sample(image)
    assert len(pixels) == 800 and tissue.sum() == 400
    assert {tuple(pixel) for pixel in pixels[tissue].tolist()} == {PINK}
    assert {tuple(pixel) for pixel in pixels[~tissue].tolist()} == {GLASS}


def test_a_large_field_is_sampled_evenly():
    image = np.full((2001, 1800, 3), PINK, np.uint8)
    image[:, 900:] = GLASS
    pixels, tissue = sample(image)
    assert 100_000 < len(pixels) < 250_000
    assert tissue.mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("rows", "enough"), [(3, False), (6, True)])
def test_a_share_of_tissue_is_wanted(rows, enough):
    image = np.full((100, 100, 3), GLASS, np.uint8)
    image[:rows] = PINK
    if enough:
        sample(image)
    else:
        with pytest.raises(FitError, match=r"too little tissue \(300 of 10000 sampled pixels\)"):
            sample(image)
