import numpy as np

from mitosis.augment.none import NoAugment


def test_image_and_mask_are_returned_unchanged() -> None:
    image, mask = np.full((3, 4, 3), 7, np.uint8), np.eye(3, 4, dtype=np.uint8)
    for seed in range(5):
        got, got_mask = NoAugment()(image.copy(), mask.copy(), seed)
        np.testing.assert_array_equal(got, image)
        np.testing.assert_array_equal(got_mask, mask)
