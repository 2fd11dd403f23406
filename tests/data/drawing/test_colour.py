from dataclasses import replace

import numpy as np

from mitosis.data.drawing.canvas import Canvas
from mitosis.data.drawing.colour import develop, stain_of_case


def flat(haematoxylin: float, eosin: float) -> Canvas:
    return Canvas(np.full((32, 32), haematoxylin, np.float32), np.full((32, 32), eosin, np.float32), 0.25)


def test_beer_lambert_by_hand():
    rng = np.random.default_rng(0)
    stain = replace(stain_of_case(rng), noise=0.0)
    expected = stain.white * np.exp(-(1.5 * stain.vectors[0] + 0.4 * stain.vectors[1]))
    assert np.abs(develop(flat(1.5, 0.4), stain, rng) - expected).max() <= 1.5
    assert np.abs(develop(flat(0.0, 0.0), stain, rng) - stain.white).max() <= 1.5


def test_extreme_concentrations_stay_within_the_grey_levels():
    rng = np.random.default_rng(0)
    stain = replace(stain_of_case(rng), noise=20.0)
    assert develop(flat(50.0, 50.0), stain, rng).max() < 120
    assert develop(flat(0.0, 0.0), stain, rng).min() > 120


def test_stains_differ_but_haematoxylin_stays_bluer_than_eosin():
    stains = [stain_of_case(np.random.default_rng(seed)) for seed in range(50)]
    for stain in stains:
        (red, _, _), (eosin_red, eosin_green, _) = stain.vectors
        assert red > eosin_red
        assert eosin_green > eosin_red
    assert np.std([np.linalg.norm(stain.vectors[0]) for stain in stains]) > 0.05
