"""Tables that grow image by image, and go on after a stop."""

import json
from pathlib import Path

import numpy as np
import pytest
from refused import refused

from mitosis.count.count import count_figures
from mitosis.count.tissue_map import TissueMap
from mitosis.inference.detections import Detections
from mitosis.output.growing import GrowingTables

COUNT = count_figures(np.ones((2, 2)), TissueMap(np.ones((4, 4), bool), (2000, 1000), 0.25), 0.55)


def found(*xs: float, accepted: bool = True) -> Detections:
    count = len(xs)
    points = np.array([(x, 0.0) for x in xs]).reshape(-1, 2)
    return Detections(points, np.full(count, 0.5), np.full(count, accepted), np.full(count, 9.0), 0.25)


def lines(path: Path) -> list[str]:
    return [",".join(line.split(",")[:2]) for line in path.read_text().splitlines()[1:]]


def test_only_what_is_finished_is_kept(tmp_path: Path) -> None:
    with GrowingTables(tmp_path, {"mpp": 0.25}, ["a", "b"]) as tables:
        tables.add("b", found(1, 2))
        tables.finish("b", "content of b", COUNT)
        tables.add("a", found(3, accepted=False))
    assert lines(tmp_path / "candidates.csv") == ["a,3.00", "b,1.00", "b,2.00"]
    assert lines(tmp_path / "detections.csv") == ["b,1.00", "b,2.00"]
    again = GrowingTables(tmp_path, {"mpp": 0.25}, ["a", "b"])
    assert again.counts == (2, 2, 1)
    assert again.has("b", "content of b")
    assert not again.has("b", "other content")
    assert not again.has("a", "")


def test_a_lost_table_is_made_anew(tmp_path: Path) -> None:
    with GrowingTables(tmp_path, {}, ["a"]) as tables:
        tables.add("a", found(1))
        tables.finish("a", "x", COUNT)
    (tmp_path / "detections.csv").unlink()
    assert not GrowingTables(tmp_path, {}, ["a"]).has("a", "x")


def test_what_was_done_is_written_when_something_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with GrowingTables(tmp_path, {}, ["a"]) as tables:
            tables.add("a", found(1))
            tables.finish("a", "x", COUNT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert GrowingTables(tmp_path, {}, ["a"]).has("a", "x")


def test_tables_that_take_long_are_written_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("mitosis.output.growing.time.monotonic", lambda: clock[0])
    written = []

    def write(path: Path, rows: object) -> None:
        written.append(path.name)
        clock[0] += 1.0  # two tables take 2 s, so they wait for 40 s

    monkeypatch.setattr("mitosis.output.growing.write_rows", write)
    tables = GrowingTables(tmp_path, {}, ["a"])
    for seconds, count in ((0, 2), (30, 2), (9, 2), (1, 4), (1, 4)):
        clock[0] += seconds
        tables.finish("a", "x", COUNT)
        assert len(written) == count, seconds


def test_what_is_made_from_the_tables_is_written_with_them(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "a.html").touch()
    with GrowingTables(tmp_path, {}, ["a", "b"], ["point=x"]) as tables:
        tables.add("a", found(1, 2))
        tables.finish("a", "x", COUNT)
    assert lines(tmp_path / "counts.csv") == ["a,2"]
    content = json.loads((tmp_path / "coco.json").read_text())
    assert content["images"] == [{"id": 1, "file_name": "a", "height": 2000, "width": 1000}]
    assert len(content["annotations"]) == 2
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'href="report/a.html"' in page
    assert "point=x" in page


def test_detections_and_counts_are_read_again(tmp_path: Path) -> None:
    with GrowingTables(tmp_path, {}, ["a", "b"]) as tables:
        tables.add("a", found(1.25, 2))
        tables.finish("a", "x", COUNT)
    again = GrowingTables(tmp_path, {}, ["a", "b"])
    assert again.count("a") == COUNT
    assert again.count("b") is None
    read = again.detections("a", 0.25)
    assert read.points.tolist() == [[1.25, 0], [2, 0]]
    assert (read.scores.tolist(), read.accepted.tolist(), read.area_um2.tolist()) == ([0.5, 0.5], [True, True], [9, 9])
    assert again.detections("b", 0.25).points.shape == (0, 2)


def test_a_count_of_another_version_is_made_again(tmp_path: Path) -> None:
    with GrowingTables(tmp_path, {}, ["a"]) as tables:
        tables.add("a", found(1))
        tables.finish("a", "x", COUNT)
    text = (tmp_path / "prediction.json").read_text().replace('"figures"', '"cells"')
    (tmp_path / "prediction.json").write_text(text)
    again = GrowingTables(tmp_path, {}, ["a"])
    assert again.has("a", "x")
    assert again.count("a") is None


def test_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "prediction.json").write_text('{"asked": 7}')
    assert "prediction.json is not of this version" in refused(lambda: GrowingTables(tmp_path, {}, []))
