"""Near-duplicate images: a perceptual hash, and pairs of hashes that differ in few bits."""

import cv2
import numpy as np


def dhash(image: np.ndarray) -> np.uint64:
    """The difference hash of an image (H, W, 3) uint8: for 8 × 8 places, whether the image gets darker to the right.

    It is computed from a grey thumbnail of 9 × 8 pixels, so that compression, size and brightness hardly change it.
    """
    thumbnail = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    darker = thumbnail[:, 1:] < thumbnail[:, :-1]
    return np.packbits(darker).view(np.uint64)[0]


def near_duplicates(hashes: np.ndarray, distance: int) -> list[tuple[int, int]]:
    """Index pairs i < j of ``hashes``, (n,) uint64, that differ in at most ``distance`` of 64 bits."""
    pairs = []
    for index in range(len(hashes) - 1):
        differing = np.bitwise_count(hashes[index] ^ hashes[index + 1 :])
        pairs += [(index, index + 1 + int(other)) for other in np.flatnonzero(differing <= distance)]
    return pairs
