"""Preparing with two workers takes less than 2 GB, no matter how many fields there are."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mitosis.data.drawing.field import draw_field

SIDE, MIB, BOUND = 2084, 2**20, 2 * 10**9
OWN = """
from functools import partial
from pathlib import Path

import numpy as np

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import MitoticFigure, Record
from mitosis.image.file import read_image


class Generated(MitosisDataModule):
    def __init__(self, root, **kwargs):
        super().__init__(folds=None, **kwargs)
        self.root = Path(root)

    def records(self):
        return [self.record(path) for path in sorted(self.root.glob("*.jpg"))]

    def record(self, path):
        name, size = path.stem, (SIDE, SIDE)
        figures = (MitoticFigure(np.array([[50, int(name)]], np.int32)),)  # a different mask each
        return Record(name, partial(read_image, path), size, 0.25, name, name, "s", figures)
"""
YAML = """
# @package _global_
defaults:
  - common@data
data:
  _target_: generated.Generated
  root: null
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_memory_is_bounded_and_does_not_grow_with_the_fields(tmp_path: Path) -> None:
    (tmp_path / "generated.py").write_text(OWN.replace("SIDE", str(SIDE)))
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "generated.yaml").write_text(YAML)
    small = draw_field(seed=0, case=0, index=0, size=256).image
    large = np.tile(small, (9, 9, 1))[:SIDE, :SIDE]
    peaks = []
    for count in (20, 60):
        (tmp_path / str(count)).mkdir()
        for index in range(count):
            image = np.roll(large, 37 * index, axis=index % 2)
            Image.fromarray(image).save(tmp_path / str(count) / f"{index:02d}.jpg", quality=90)
        command = [sys.executable, "-m", "mitosis.prepare", "--config-dir", "conf", "data=generated"]
        command += [f"data.root={count}", f"data.cache=cache-{count}", "workers=2"]
        environment = os.environ | {"MITOSIS_TRUST": "generated", "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
        peaks.append(_peak(command, tmp_path, environment))
        assert len(list(tmp_path.glob(f"cache-{count}/*/*.npy"))) == 2 * count
    print(f"20 and 60 fields: {peaks[0] / MIB:.0f} and {peaks[1] / MIB:.0f} MiB")
    assert max(peaks) < BOUND
    assert peaks[1] < 1.05 * peaks[0] + 20 * MIB


def _peak(command: list[str], folder: Path, environment: dict[str, str]) -> int:
    """The sum of the peak resident set sizes of the command's processes, in bytes.

    It is more than they ever use together, since shared memory counts in each of them.
    """
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)
        peaks: dict[int, int] = {}
        while process.poll() is None:
            for pid in _family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), _largest(pid))
            time.sleep(0.05)
    assert process.returncode == 0, log.read_text()
    return sum(peaks.values())


def _family(pid: int) -> list[int]:
    pids = [pid]
    for parent in pids:  # the list grows during the loop
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                    pids.append(int(path.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return pids


def _largest(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
