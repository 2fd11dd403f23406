"""Filling a cache with several processes: same entries as with one, size printed first, all warnings shown."""

import os
import pickle
import re
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from arguments import arguments
from PIL import Image

from mitosis.data.cache.cache import Cache
from mitosis.data.cache.fill import _Make, fill
from mitosis.data.drawing.field import draw_field
from mitosis.data.reading.subtraction import read_subtraction_mask
from mitosis.data.record import Record
from mitosis.data.synthetic import Synthetic
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.run.build import build
from mitosis.run.conf import CONF
from mitosis.stain.macenko import Macenko
from mitosis.stain.none import NoStain

SIDE = 96


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    """Five fields, saved as files; the last one is white."""
    made = []
    for index in range(5):
        drawn = draw_field(seed=0, case=index, index=0, size=SIDE)
        image = drawn.image if index < 4 else np.full_like(drawn.image, 255)
        Image.fromarray(image).save(tmp_path / f"{index}.png")
        read = partial(read_image, tmp_path / f"{index}.png")
        made.append(Record(f"field {index}", read, (SIDE, SIDE), 0.25, "c", "s", "s", drawn.figures))
    return made


def entries(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.npy")}


def test_several_processes_write_the_same_entries_as_one(
    records: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for workers in (1, 2):
        with pytest.warns(UserWarning, match="field 4: stains not normalised") as caught:
            fill(Cache(tmp_path / f"{workers}", Macenko()), records, workers)
        assert len(caught) == 1
        out = capsys.readouterr().out
        assert re.search(rf"0 of 5 fields are in {re.escape(str(tmp_path / str(workers)))}; \d+\.\d\d KiB needed", out)
    assert entries(tmp_path / "1") == entries(tmp_path / "2")
    assert len(entries(tmp_path / "1")) == 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fill(Cache(tmp_path / "1", Macenko()), records, 1)
    assert "5 of 5 fields are in" in capsys.readouterr().out


def test_a_broken_image_in_a_worker_process_is_named(records: list[Record], tmp_path: Path) -> None:
    path = tmp_path / "3.png"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"3\.png: the image is cut off"):
        fill(Cache(tmp_path / "cache", NoStain()), records, 2)
    assert not list(tmp_path.rglob("*.part"))


def test_a_killed_process_is_reported_in_one_line(records: list[Record], tmp_path: Path) -> None:
    records[2] = Record("b", partial(os._exit, 1), (SIDE, SIDE), 0.25, "c", "s", "s")
    with pytest.raises(InputError, match="a process that normalises fields was killed"):
        fill(Cache(tmp_path / "cache", NoStain()), records, 2)


def test_files_left_by_killed_processes_are_removed_after_a_day(
    records: list[Record], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    cache, hash_ = Cache(tmp_path / "cache", NoStain()), "0123456789" * 4
    fill(cache, records[:1], 1)
    kept = {path: path.read_bytes() for path in cache.folder.rglob("*") if path.is_file()}
    hours = {
        f"images/.{hash_}.npy.abcd_123.part": 25,
        f"masks/.{hash_}.npy.abcd_123.part": 25,
        f"files/.{hash_}.json.abcd_123.part": 24 * 365,
        f"images/.{hash_}.npy.young_12.part": 23,
        f"images/.{hash_}.npy.future_1.part": -1,
        f"images/{hash_}.npy": 25,
        "images/.mine.part": 25,
        f"elsewhere/.{hash_}.npy.abcd_123.part": 25,
        f"masks/.{hash_}.npy.a_folder.part/file": 25,
    }
    for name, age in hours.items():
        path = cache.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, 2 * (time.time() - 3600 * age,))
    os.utime(path.parent, (0, 0))
    capsys.readouterr()
    fill(cache, records[:1], 1)
    assert f"{cache.folder}: 3 half-written file(s) removed" in capsys.readouterr().out
    gone = list(hours)[:3]
    assert all((cache.folder / name).exists() is (name not in gone) for name in hours)
    assert all(path.read_bytes() == content for path, content in kept.items())
    fill(cache, records[:1], 1)
    assert "removed" not in capsys.readouterr().out


def test_worker_processes_do_not_import_torch(records: list[Record], tmp_path: Path) -> None:
    data = Synthetic(folds=None, size=SIDE, cases=1, **arguments())
    painted = partial(read_subtraction_mask, tmp_path / "0.png", tmp_path / "1.png", 120)
    handed = [data.records()[0], replace(records[0], read_mask=painted)]
    stains = [build(yaml.safe_load(path.read_text()), "stain") for path in sorted((CONF / "stain").glob("*.yaml"))]
    makes = [_Make(Cache(tmp_path / "cache", stain)) for stain in stains]
    code = """
import pickle, sys
for make, record in pickle.load(sys.stdin.buffer):
    make(record)
print(sorted({"torch", "lightning", "albumentations"} & set(sys.modules)))
"""
    calls = pickle.dumps([(make, record) for make in makes for record in handed])
    done = subprocess.run([sys.executable, "-c", code], input=calls, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"[]\n"), done.stderr
    assert len(entries(tmp_path / "cache")) == 2 * len(stains) + 2
