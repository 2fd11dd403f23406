"""Images that look alike: a hash of how they look, and pairs of hashes that hardly differ."""

import cv2
import numpy as np


def dhash(image: np.ndarray) -> np.uint64:
    """The difference hash of an image (H, W, 3) uint8: for 8 × 8 places, whether it gets darker to the right.

    Taken from a grey thumbnail of 9 × 8 pixels: another compression, size or brightness hardly moves it.
    """
    thumbnail = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    darker = thumbnail[:, 1:] < thumbnail[:, :-1]
    return np.packbits(darker).view(np.uint64)[0]


def near_duplicates(looks: np.ndarray, distance: int) -> list[tuple[int, int]]:
    """Index pairs i < j of ``looks`` (n,) uint64 that differ in at most ``distance`` of their 64 bits."""
    pairs = []
    for index in range(len(looks) - 1):
        differing = np.bitwise_count(looks[index] ^ looks[index + 1 :])
        pairs += [(index, index + 1 + int(other)) for other in np.flatnonzero(differing <= distance)]
    return pairs
