"""Preparing fields versus a loop over staintools: ``python benchmarks/prepare.py [data=icpr2012 data.root=DIR]``.

Compares ``prepare`` with two workers, including its checks and its sheet, with a loop that reads each field, normalises
it with staintools' Macenko and the same reference, and saves it. Both are timed without imports. Prints both times,
their ratio, the time of the command including imports, and the mean difference of the results. Without arguments, the
fields are synthetic.
"""

import contextlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Everything else is imported inside the functions, because the processes that fill the cache also import this file.

FIELDS, SIDE = 6, 2084


def main(data: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        data = data or _drawn(folder / "drawn")
        command = _command([*data, f"data.cache={folder / 'first'}", f"output={folder / 'first-output'}", "workers=2"])
        ours, records = _prepare([*data, f"data.cache={folder / 'cache'}", "workers=2"], folder / "output")
        theirs, apart = _loop(records, folder / "cache", folder / "theirs.npy")
    times = f"{len(records)} fields: staintools {theirs:.1f} s, prepare {ours:.1f} s"
    print(f"{times}: {theirs / ours:.1f} times faster, {apart:.2f} grey levels apart; the command {command:.1f} s")


def _drawn(folder: Path) -> list[str]:
    """The overrides for a folder of synthetic fields, each with one cell in the centre."""
    from PIL import Image

    from mitosis.data.drawing.field import draw_field

    folder.mkdir()
    for index in range(FIELDS):
        Image.fromarray(draw_field(seed=0, case=index, index=0, size=SIDE).image).save(folder / f"{index}.bmp")
    labels = folder / "cells.csv"
    labels.write_text("image,x,y\n" + "".join(f"{index}.bmp,{SIDE // 2},{SIDE // 2}\n" for index in range(FIELDS)))
    return ["data=folder", f"data.root={folder}", f"data.labels={labels}", "data.mpp=0.25", "data.case=name"]


def _command(arguments: list[str]) -> float:
    """Seconds from the start to the end of the command."""
    began = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "mitosis.prepare", *arguments], capture_output=True, text=True, check=False
    )
    if process.returncode:
        sys.exit(process.stderr)
    return time.perf_counter() - began


def _prepare(arguments: list[str], output: Path) -> tuple[float, list[Any]]:
    """Seconds for ``prepare``, and the records."""
    from mitosis.check.preparation import Preparation, prepare_dataset
    from mitosis.cli.compose import compose
    from mitosis.run.assembly import open_data

    config, choices = compose("prepare", arguments)
    settings = Preparation(**{key: config[key] for key in ("objects", "seed", "strict", "workers")})
    began = time.perf_counter()
    data = open_data(config, fold="all")
    with contextlib.redirect_stdout(io.StringIO()):
        prepare_dataset(data, choices.words["data"], output, settings)
    return time.perf_counter() - began, data.records()


def _loop(records: list[Any], cache: Path, saved: Path) -> tuple[float, float]:
    """Seconds for the loop, and the mean difference from the cache in grey levels."""
    import numpy as np
    import staintools

    from mitosis.data.cache.cache import Cache
    from mitosis.stain.macenko import REFERENCE_MAXIMA, REFERENCE_STAINS, Macenko

    peer = staintools.StainNormalizer("macenko")
    peer.stain_matrix_target, peer.maxC_target = REFERENCE_STAINS, REFERENCE_MAXIMA[None]
    prepared, seconds, apart = Cache(cache, Macenko()), 0.0, []
    for record in records:
        began = time.perf_counter()
        normalised = peer.transform(record.read())
        with saved.open("wb") as file:
            np.save(file, normalised)
            os.fsync(file.fileno())  # as prepare does
        seconds += time.perf_counter() - began
        apart.append(np.abs(normalised.astype(np.int16) - prepared.field(record).image).mean())
    return seconds, float(np.mean(apart))


if __name__ == "__main__":
    main(sys.argv[1:])
