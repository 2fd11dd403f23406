"""Time per mm² of tissue and peak memory on whole slides: ``python benchmarks/slides.py [SIDE …]`` (Linux).

Slides of SIDE × SIDE pixels (20000 and 40000) are written in Aperio's format, with a square of drawn tissue on glass,
and predicted by the command with this package's weights. A blank slide shows what starting costs, which is left out of
the time per mm². Memory is the largest resident set of the process.
"""

import os
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile

from mitosis.data.drawing.field import draw_field

SIDES = (20_000, 40_000)
TILE, FIELD, MPP = 256, 1024, 0.25
SMALL = 16_384
"""Slides of a shorter side have two levels instead of three."""
GLASS = 243


def main(sides: list[int]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "blank.svs", min(sides), tissue=0)
        start, _ = predict(folder, "blank.svs")
        print(f"a slide of {min(sides)} x {min(sides)} pixels without tissue: {start:.1f} s\n")
        print("| side | tissue, mm² | minutes | s per mm² | peak memory, GiB |\n|---|---|---|---|---|")
        for side in sides:
            block = TILE * levels_of(side)[-1]
            tissue = max(1, int(side * 0.45) // block) * block
            write(folder / "slide.svs", side, tissue)
            seconds, memory = predict(folder, "slide.svs")
            area = (tissue * MPP / 1000) ** 2
            rate = (seconds - start) / area
            print(f"| {side} | {area:.2f} | {seconds / 60:.1f} | {rate:.1f} | {memory / 2**30:.2f} |", flush=True)


def levels_of(side: int) -> tuple[int, ...]:
    """How many pixels of full resolution a pixel of each level is wide."""
    return (1, 4) if side < SMALL else (1, 4, 16)


def write(path: Path, side: int, tissue: int) -> None:
    """A slide with a square of tissue, one field again and again, whose corner is a block from that of the slide.

    ``tissue`` is its side in pixels, a multiple of a block: a tile of the coarsest level, so that a tile of any level
    is tissue or glass.
    """
    levels = levels_of(side)
    block = TILE * levels[-1]
    field = draw_field(seed=0, case=17, index=0, size=FIELD).image
    text = f"Aperio Image Library v1.0\n{side}x{side} ({TILE}x{TILE})|AppMag = 40|MPP = {MPP}"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for step in levels:
            high = -(-side // step)
            file.write(
                tiles(field[::step, ::step], -(-high // TILE), block // step // TILE, tissue // step // TILE),
                shape=(high, high, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="zlib",
                metadata=None,
                description=text,
                subfiletype=int(step > 1),
            )


def tiles(field: np.ndarray, across: int, first: int, count: int) -> Iterator[bytes]:
    """The compressed tiles of a level, row by row; those of tissue show the field again and again."""
    times = max(1, TILE // len(field))
    pattern = np.tile(field, (times, times, 1))
    period = len(pattern) // TILE
    packed = {
        (row, column): zlib.compress(pattern[row * TILE :, column * TILE :][:TILE, :TILE].tobytes(), 1)
        for row in range(period)
        for column in range(period)
    }
    glass = zlib.compress(np.full((TILE, TILE, 3), GLASS, np.uint8).tobytes())
    inside = range(first, first + count)
    for row in range(across):
        for column in range(across):
            yield packed[row % period, column % period] if row in inside and column in inside else glass


def predict(folder: Path, slide: str) -> tuple[float, int]:
    """Seconds of the command, and its largest resident set in bytes."""
    command = [sys.executable, "-m", "mitosis.predict", f"input={folder / slide}", f"output={folder / 'out'}"]
    shutil.rmtree(folder / "out", ignore_errors=True)
    began = time.perf_counter()
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode:
            sys.exit(log.read())
    return time.perf_counter() - began, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main([int(side) for side in sys.argv[1:]] or list(SIDES))
