"""Connected parts of a mask."""

import numpy as np

from mitosis.data.reading.mask import components


def test_components_hold_every_pixel_once() -> None:
    mask = np.random.default_rng(0).random((64, 64)) > 0.7
    pixels = np.concatenate(components(mask))
    assert len(pixels) == mask.sum() == len({(x, y) for x, y in pixels.tolist()})
    assert mask[pixels[:, 1], pixels[:, 0]].all()
