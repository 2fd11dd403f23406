import numpy as np

from mitosis.stain.none import NoStain


def test_colours_are_kept_and_alpha_is_dropped():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    np.testing.assert_array_equal(NoStain()(image[..., :3], "a"), image[..., :3])
    np.testing.assert_array_equal(NoStain()(image, "a"), image[..., :3])
