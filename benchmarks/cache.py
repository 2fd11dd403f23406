"""A random crop from the cache versus decoding the field and cropping it: ``python benchmarks/cache.py``.

JPEG fields of 2084 × 2084 pixels, crops of 256 × 256; both ways alternate in one process. Prints the ratio of the
medians.
"""

import statistics
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from mitosis.data.cache.cache import Cache
from mitosis.data.drawing.field import draw_field
from mitosis.data.record import Record
from mitosis.image.file import read_image
from mitosis.stain.none import NoStain

FIELDS, SIDE, CROP, ROUNDS = 3, 2084, 256, 40


def main() -> None:
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as name:
        cache = Cache(Path(name) / "cache", NoStain())
        fields = [cache.field(_record(Path(name) / f"{index}.jpg", index)) for index in range(FIELDS)]
        seconds: dict[str, list[float]] = {"decoding": [], "cache": []}
        for _ in range(ROUNDS):
            field, (x, y) = fields[rng.integers(FIELDS)], rng.integers(SIDE - CROP, size=2)
            crops = []
            for way, image in (("decoding", field.record.read), ("cache", lambda field=field: field.image)):
                began = time.perf_counter()
                crops.append(np.array(image()[y : y + CROP, x : x + CROP]))
                seconds[way].append(time.perf_counter() - began)
            assert np.array_equal(*crops)
    slow, fast = (statistics.median(times) for times in seconds.values())
    print(f"decoding {1000 * slow:.1f} ms, cache {1000 * fast:.3f} ms: {slow / fast:.0f} times faster")


def _record(path: Path, case: int) -> Record:
    Image.fromarray(draw_field(seed=0, case=case, index=0, size=SIDE).image).save(path, quality=90)
    return Record(path.stem, partial(read_image, path), (SIDE, SIDE), 0.25, path.stem, path.stem, "drawn")


if __name__ == "__main__":
    main()
