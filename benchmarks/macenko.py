"""Macenko's stain normalisation versus staintools: ``python benchmarks/macenko.py [FOLDER]``.

Both use the published reference and alternate in one process: on one synthetic field, or once on each image of FOLDER.
Also prints the mean difference between the results, over all fields and of the worst one.
"""

import sys

import numpy as np
import staintools
from alternating import QUICK, ROUNDS, alternate, compare

from mitosis.data.drawing.field import draw_field
from mitosis.image.file import read_image
from mitosis.image.search import find_images
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko

SIDE = 1024 if QUICK else 2084


def main(folder: str | None) -> None:
    peer = staintools.StainNormalizer("macenko")
    peer.stain_matrix_target, peer.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    images = map(read_image, find_images(folder)) if folder else [_drawn()]
    slow, fast, apart = [], [], []
    for image in images:
        ways = {
            "staintools": lambda image=image: peer.transform(image.copy()),
            "ours": lambda image=image: Macenko()(image, "field"),
        }
        seconds, (theirs, ours) = alternate(ways, 1 if folder else ROUNDS, warm=not slow)
        slow += seconds["staintools"]
        fast += seconds["ours"]
        apart.append(float(np.abs(theirs.astype(np.int16) - ours).mean()))
    worst = f"; worst field {max(apart):.2f}" if folder else ""
    print(f"{compare(slow, fast)}, {np.mean(apart):.2f} grey levels apart{worst}")


def _drawn() -> np.ndarray:
    return draw_field(seed=0, case=0, index=0, size=SIDE).image


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
