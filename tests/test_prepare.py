"""``prepare``: all checks in one table, the sheet, the cache that training then reads; what it refuses."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from miniature import icpr2012
from PIL import Image

from mitosis.data.drawing.field import draw_field
from mitosis.data.synthetic import Synthetic
from mitosis.files import read_json
from mitosis.image.file import read_image

Cli = Callable[..., Any]
SIDE = 96
DRAWN = ["data=synthetic", "data.cases=3", "data.fields_per_case=1", f"data.size={SIDE}", "data.folds=null"]


def entries(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*.npy")}


def test_a_synthetic_dataset_is_prepared(cli: Cli, tmp_path: Path) -> None:
    ended = cli("prepare", *DRAWN, "objects=6")
    assert ended.code == 0, ended
    assert "synthetic: 3 fields" in ended.out
    assert "no cache was made" in ended.out
    assert "error" not in ended.out
    checks = read_json(tmp_path / "prepared" / "synthetic" / "checks.json")
    assert {check["verdict"] for check in checks["checks"]} == {"ok"}
    assert checks["checks"][0]["first"].endswith("no published inventory")
    assert read_image(tmp_path / "prepared" / "synthetic" / "sheet.png").shape[1] >= 128
    assert {path.name for path in tmp_path.iterdir()} == {"prepared"}


def test_all_errors_are_listed_and_nothing_is_normalised(cli: Cli, tmp_path: Path) -> None:
    icpr2012.write(tmp_path / "contest", icpr2012.training(), SIDE)
    for name in ("A00_v2/A00_02.bmp", "A03_v2/A03_05.bmp"):
        path = tmp_path / "contest" / name
        path.write_bytes(path.read_bytes()[:9000])
    csv = tmp_path / "contest/A04_v2/A04_00.csv"
    csv.write_text("5,5,6,5\n5,5,6,5\n")
    arguments = ["data=icpr2012", "data.root=contest", "output=out", "data.cache=cache", "workers=1"]
    ended = cli("prepare", *arguments)
    assert ended.code == 1
    assert not (tmp_path / "cache").exists()
    said = "data=icpr2012 is not in order: images that cannot be read (2); out/checks.json lists everything"
    assert ended.err == f"mitosis: {said}\n"
    found = {check["check"]: check for check in read_json(tmp_path / "out/checks.json")["checks"]}
    assert found["images that cannot be read"]["count"] == 2
    assert "A00_02.bmp" in found["images that cannot be read"]["first"]
    assert found["several labels at one point"] | {"first": ""} == {
        "check": "several labels at one point",
        "verdict": "warning",
        "count": 1,
        "first": "",
    }
    assert (tmp_path / "out/sheet.png").is_file()
    for name in ("A00_02", "A03_05"):
        for path in (tmp_path / "contest").glob(f"*/{name}.bmp"):
            Image.fromarray(draw_field(seed=1, case=int(name[-1]), index=0, size=SIDE).image).save(path)
            path.with_suffix(".csv").write_text("")
    ended = cli("prepare", *arguments, "strict=true")
    assert ended.code == 1
    assert "several labels at one point (1)" in ended.err
    assert not (tmp_path / "cache").exists()
    ended = cli("prepare", *arguments)
    assert ended.code == 0
    assert len(entries(tmp_path / "cache")) == 35 + 34


def test_an_error_of_the_dataset_is_one_line(cli: Cli, tmp_path: Path) -> None:
    icpr2012.write(tmp_path / "contest", icpr2012.training()[:3], SIDE)
    (tmp_path / "contest/A00_v2/A00_01.csv").write_text("5,x\n")
    ended = cli("prepare", "data=icpr2012", "data.root=contest")
    assert ended.code == 1
    assert re.fullmatch(r"mitosis: [^\n]+A00_01.csv, row 1: [^\n]+\n", ended.err)


def test_counts_are_compared_with_the_published_ones(cli: Cli, tmp_path: Path) -> None:
    icpr2012.write(tmp_path / "contest", icpr2012.training(), SIDE)
    ended = cli("prepare", "data=icpr2012", "data.root=contest", "output=out")
    first, *_ = read_json(tmp_path / "out/checks.json")["checks"]
    assert ended.code == 0
    assert first["verdict"] == "warning"
    assert first["check"] == "ICPR 2012 MITOS, training"
    assert re.match(r"35/35 fields, \d+/226 mitoses \(the 15 evaluation fields", first["first"])


def test_warnings_while_reading_labels_are_findings(cli: Cli, tmp_path: Path, monkeypatch) -> None:
    original = Synthetic.records
    monkeypatch.setattr(Synthetic, "records", lambda self: warnings.warn("2 left out", stacklevel=1) or original(self))
    ended = cli("prepare", *DRAWN, "strict=true")
    assert ended.code == 1
    assert "remarks while the labels were read (1)" in ended.err
    assert ended.err.count("\n") == 1


def test_the_real_training_part(cli: Cli, tmp_path: Path) -> None:
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/, is not set")
    ended = cli("prepare", "data=icpr2012", f"data.root={data}/icpr2012", "objects=4")
    checks = read_json(tmp_path / "prepared/icpr2012/checks.json")["checks"]
    assert ended.code == 0
    assert {check["verdict"] for check in checks} == {"ok"}
    assert checks[0]["first"] == "35/35 fields, 226/226 mitoses"


def working_in(folder: Path) -> bool:
    """Whether a process has this as its working folder."""
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if place.readlink() == folder:
                return True
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_kill_loses_only_the_fields_in_progress(tmp_path: Path) -> None:
    icpr2012.write(tmp_path / "contest", icpr2012.training(), 512)
    command = [sys.executable, "-m", "mitosis.prepare", "data=icpr2012", "data.root=contest", "data.cache=cache"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(list(tmp_path.glob("cache/masks/*.npy"))) < 4 and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    while working_in(tmp_path):  # its processes end with it
        time.sleep(0.05)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("cache/*/*.npy")}
    assert 8 <= len(kept) < 70
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ of 35 fields are in cache; \d+\.\d\d MiB needed", done.stdout), done.stdout
    after = {path: path.stat().st_mtime_ns for path in tmp_path.glob("cache/*/*.npy")}
    assert len(after) == 70
    assert {path: after[path] for path in kept} == kept
    whole = subprocess.run([*command[:-1], "data.cache=other"], cwd=tmp_path, capture_output=True, check=False)
    assert whole.returncode == 0
    assert entries(tmp_path / "cache") == entries(tmp_path / "other")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("workers=0", "workers=0: give a whole number, 1 or more"),
        ("objects=many", "objects=many: give a whole number"),
        ("strict=1", "strict=1: give true or false"),
        ("output=file", "output=file is a file; give a folder"),
        ("data.cache=file", "data.cache=file is a file; give a folder"),
    ],
)
def test_invalid_settings_are_refused(cli: Cli, tmp_path: Path, override: str, said: str) -> None:
    (tmp_path / "file").touch()
    ended = cli("prepare", *DRAWN, "workers=1", override)
    assert ended.code == 1
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_training_from_the_cache_gives_the_same_run(cli: Cli, tmp_path: Path) -> None:
    drawn = ["data=synthetic", f"data.size={SIDE}", "data.cases=5", "data.fields_per_case=1"]
    train = ["model=scmitosis_seg", *drawn, "fold=all", "budget=smoke", "budget.widths=[4,4,8,8]", "trainer=exact"]
    train += ["data.samples_per_epoch=8", "view.train.size=64", "view.train.jitter=16", "max_steps=2"]
    prepared = cli("prepare", *drawn, "data.cache=a (1), b", "workers=1")
    assert prepared.code == 0, prepared
    assert len(entries(tmp_path / "a (1), b")) == 10
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert cli("train", *train, "runs=one").code == 0
    assert cli("train", *train, "runs=two", "data.cache=a (1), b").code == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == before
    (one,), (two,) = ([path.parent for path in tmp_path.glob(f"{runs}/**/recipe.yaml")] for runs in ("one", "two"))
    assert one.relative_to(tmp_path / "one") == two.relative_to(tmp_path / "two")
    assert (one / "recipe.yaml").read_text() == (two / "recipe.yaml").read_text()
    scores = [(path / "metrics.json", path / "metrics.csv") for path in (one, two)]
    assert read_json(scores[0][0])["val"] == read_json(scores[1][0])["val"]
    assert columns(scores[0][1]) == columns(scores[1][1])


def columns(path: Path) -> list[list[str]]:
    """The rows of a ``metrics.csv`` without what a clock says."""
    rows = [line.split(",") for line in path.read_text().splitlines()]
    kept = [index for index, name in enumerate(rows[0]) if not re.search("second|minute|time", name)]
    return [[row[index] for index in kept] for row in rows]
