"""Preparing fields against a loop over staintools: ``python benchmarks/prepare.py [data=icpr2012 data.root=DIR]``.

``python -m mitosis.prepare`` with two workers, from its start to its end, with all that it checks; and a loop in this
process that reads each of these fields, normalises it by staintools' Macenko with the same reference, and saves it.
Prints both times, their ratio and how far apart the results are. Without arguments the fields are drawn ones.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import staintools
from PIL import Image

from mitosis.config import build
from mitosis.data.cache import Cache
from mitosis.data.drawing.field import draw_field
from mitosis.data.record import Record
from mitosis.entry import compose
from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko

FIELDS, SIDE = 6, 2084


def main(data: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        data = data or _drawn(folder / "drawn")
        ours = _prepare([*data, f"data.cache={folder / 'cache'}", f"output={folder / 'output'}", "workers=2"])
        config, _ = compose("prepare", data)
        records = build(config["data"], fold="all", stain=Macenko()).records()
        theirs, apart = _loop(records, Cache(folder / "cache", Macenko()), folder / "theirs.npy")
    times = f"{len(records)} fields: staintools {theirs:.1f} s, prepare {ours:.1f} s"
    print(f"{times}: {theirs / ours:.1f} times faster, {apart:.2f} grey levels apart")


def _drawn(folder: Path) -> list[str]:
    """What names a folder of drawn fields, a cell in the middle of each."""
    folder.mkdir()
    for index in range(FIELDS):
        Image.fromarray(draw_field(seed=0, case=index, index=0, size=SIDE).image).save(folder / f"{index}.bmp")
    labels = folder / "cells.csv"
    labels.write_text("image,x,y\n" + "".join(f"{index}.bmp,{SIDE // 2},{SIDE // 2}\n" for index in range(FIELDS)))
    return ["data=folder", f"data.root={folder}", f"data.labels={labels}", "data.mpp=0.25", "data.case=name"]


def _prepare(arguments: list[str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "mitosis.prepare", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - began


def _loop(records: list[Record], cache: Cache, saved: Path) -> tuple[float, float]:
    """Seconds, and grey levels between its results and those in the cache."""
    peer = staintools.StainNormalizer("macenko")
    peer.stain_matrix_target, peer.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    seconds, apart = 0.0, []
    for record in records:
        began = time.perf_counter()
        normalised = peer.transform(record.read())
        with saved.open("wb") as file:
            np.save(file, normalised)
            os.fsync(file.fileno())  # as prepare does
        seconds += time.perf_counter() - began
        apart.append(np.abs(normalised.astype(np.int16) - cache.field(record).image).mean())
    return seconds, float(np.mean(apart))


if __name__ == "__main__":
    main(sys.argv[1:])
