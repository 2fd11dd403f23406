"""Whole slides, one with four times the area of the other: time per mm² of tissue and peak memory of ``predict``.

``python benchmarks/slides.py`` (Linux) writes slides of 20,000² and 40,000² pixels in Aperio's format, islands of
drawn tissue on glass, and runs the command with this package's weights on each. A blank slide shows what starting
costs, which is left out of the time per mm². Memory is the largest resident set of the process.
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
from alternating import QUICK

from mitosis.data.drawing.field import draw_field

SIDES = (4_000, 8_000) if QUICK else (20_000, 40_000)
TILE, FIELD, MPP = 256, 1024, 0.25
SMALL = 16_384
"""Slides of a shorter side have two levels instead of three."""
GLASS = 243


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "blank.svs", SIDES[0], islands=False)
        start, _ = predict(folder, "blank.svs")
        rates, peaks = [], []
        for side in SIDES:
            write(folder / "slide.svs", side)
            seconds, memory = predict(folder, "slide.svs")
            rates.append((seconds - start) / tissue_mm2(side))
            peaks.append(memory / 2**30)
    times, memory = (
        f"{two / one:.2f} times ({one:.2f} and {two:.2f} {unit})" for (one, two), unit in ((rates, "s"), (peaks, "GiB"))
    )
    print(f"per mm² {times}, peak memory {memory}; without tissue {start:.1f} s")


def levels_of(side: int) -> tuple[int, ...]:
    """How many pixels of full resolution a pixel of each level is wide."""
    return (1, 4) if side < SMALL else (1, 4, 16)


def blocks(side: int) -> tuple[int, int]:
    """Side of a block in pixels, a tile of the coarsest level, and how many whole blocks a side of the slide holds."""
    block = TILE * levels_of(side)[-1]
    return block, side // block


def tissue_mm2(side: int) -> float:
    """The area of the islands of a slide."""
    block, count = blocks(side)
    return (count // 2 * block * MPP / 1000) ** 2


def write(path: Path, side: int, *, islands: bool = True) -> None:
    """A slide on which every second block of every second row of blocks is tissue, the same field again and again."""
    block, count = blocks(side)
    field = draw_field(seed=0, case=17, index=0, size=FIELD).image
    text = f"Aperio Image Library v1.0\n{side}x{side} ({TILE}x{TILE})|AppMag = 40|MPP = {MPP}"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for step in levels_of(side):
            high = -(-side // step)
            file.write(
                tiles(field[::step, ::step], -(-high // TILE), block // step // TILE, count if islands else 0),
                shape=(high, high, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="zlib",
                metadata=None,
                description=text,
                subfiletype=int(step > 1),
            )


def tiles(field: np.ndarray, across: int, block: int, count: int) -> Iterator[bytes]:
    """The compressed tiles of a level, row by row: a field again and again on islands among count × count blocks."""
    times = max(1, TILE // len(field))
    pattern = np.tile(field, (times, times, 1))
    period = len(pattern) // TILE
    packed = {
        (row, column): zlib.compress(pattern[row * TILE :, column * TILE :][:TILE, :TILE].tobytes(), 1)
        for row in range(period)
        for column in range(period)
    }
    glass = zlib.compress(np.full((TILE, TILE, 3), GLASS, np.uint8).tobytes())

    def island(place: int) -> bool:
        return place // block % 2 == 1 and place // block < count

    for row in range(across):
        for column in range(across):
            yield packed[row % period, column % period] if island(row) and island(column) else glass


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
    main()
