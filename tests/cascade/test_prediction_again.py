"""A prediction typed again, and one that was disturbed: nothing is lost, mixed or half-written."""

import csv
import errno
import os
from pathlib import Path

from squares import RED, folder_of, picture, rows

from mitosis.image.file import read_image
from mitosis.output.overlay import write_picture
from mitosis.output.page.heat import has_heat


def test_typed_again_it_goes_on_where_it_was(runs, cli, tmp_path, monkeypatch, seen):
    given = ["predict", f"input={folder_of(tmp_path / 'in', 'a.png', 'b.png', 'c.png')}", "mpp=0.25", *runs]

    def stop(path: Path, *rest) -> None:
        if path.name == "b.png.png":
            raise KeyboardInterrupt
        write_picture(path, *rest)

    monkeypatch.setattr("mitosis.output.image_files.write_picture", stop)
    ended = cli(*given, f"output={tmp_path / 'out'}")
    assert ended.code == 130
    assert "to go on, type" in ended.err
    assert [row["image"] for row in rows(tmp_path / "out" / "detections.csv")] == ["a.png", "b.png"]
    monkeypatch.setattr("mitosis.output.image_files.write_picture", write_picture)
    seen.clear()
    assert "1 of 3 images are done" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == ["b.png", "c.png"]  # b.png has no picture yet
    assert cli(*given, f"output={tmp_path / 'whole'}").code == 0
    for name in ("detections.csv", "candidates.csv"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "whole" / name).read_text()
    seen.clear()
    before = (tmp_path / "out" / "detections.csv").read_text()
    assert "3 mitoses among 3 candidates in 3 of 3 images" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == []
    assert (tmp_path / "out" / "detections.csv").read_text() == before


def test_a_new_and_a_changed_image_are_done_and_the_others_kept(runs, cli, tmp_path, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "c.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    cli(*given)
    picture(folder / "b.png")
    picture(folder / "c.png", (60, 20, RED), (90, 50, RED))
    seen.clear()
    assert cli(*given).code == 0
    assert seen == ["b.png", "c.png"]
    found = [(row["image"], row["x"]) for row in rows(out / "detections.csv")]
    assert sorted(found) == [("a.png", "35.50"), ("c.png", "65.50"), ("c.png", "95.50")]


def test_detections_of_something_else_are_never_mixed(runs, cli, tmp_path):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"
    cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    before = (out / "candidates.csv").read_text()
    other = folder_of(tmp_path / "other", "z.png")
    for given, words in (
        ([f"input={folder}", "mpp=0.5", *runs], "made with other settings (mpp)"),
        ([f"input={folder}", "mpp=0.25", runs[0]], "made with other settings (networks)"),
        ([f"input={folder}", "mpp=0.25", *runs, "adapt=true"], "made with other settings (adapt)"),
        ([f"input={other}", "mpp=0.25", *runs], "holds the detections of other images, such as a.png"),
    ):
        ended = cli("predict", *given, f"output={out}")
        assert ended.code == 1
        assert words in ended.err
        assert ended.err.count("\n") == 1
        assert (out / "candidates.csv").read_text() == before
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "detections.csv").write_text("mine\n")
    ended = cli("predict", f"input={folder}", f"output={tmp_path / 'foreign'}", "mpp=0.25", *runs)
    assert "holds tables that say nothing of their inputs" in ended.err
    assert (tmp_path / "foreign" / "detections.csv").read_text() == "mine\n"


def test_an_image_that_the_memory_cannot_hold_does_not_stop_the_others(runs, cli, tmp_path, monkeypatch, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png", "d.png"), tmp_path / "out"
    picture(folder / "c.png", size=(200, 300))
    monkeypatch.setattr("mitosis.cascade.prediction.free_memory", lambda: 42 * 200 * 300 - 1)

    def read(path):
        if path.name == "b.png":
            raise MemoryError
        return read_image(path)

    monkeypatch.setattr("mitosis.cascade.prediction.read_image", read)
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 1
    assert "left out: " in ended.out
    assert ended.err.startswith("mitosis: 2 of 4 images were left out")
    assert "c.png: 300 x 200 pixels, 2.40 MiB of memory are needed and 2.40 MiB free" in ended.err
    assert "b.png: the memory does not hold it" in ended.err
    assert seen == ["a.png", "d.png"]
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "d.png"]


def test_a_picture_that_cannot_be_written_costs_no_table(runs, cli, tmp_path, monkeypatch):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"

    def full(path: Path, *rest) -> None:
        if path.name == "b.png.png":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_picture(path, *rest)

    monkeypatch.setattr("mitosis.output.image_files.write_picture", full)
    ended = cli("predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs)
    assert ended.code == 1
    assert "b.png.png: No space left on device" in ended.err
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "b.png"]


def test_a_disk_that_is_full_at_a_table_leaves_the_one_before_and_no_half(runs, cli, tmp_path, monkeypatch):
    folder, out = folder_of(tmp_path / "in", "a.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    assert cli(*given).code == 0
    before = (out / "detections.csv").read_text()
    folder_of(folder, "a.png", "b.png")
    replace = os.replace

    def full(source, target):
        if Path(target).name == "detections.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("mitosis.files.os.replace", full)
        ended = cli(*given)
    assert (ended.code, ended.err) == (1, f"mitosis: {out}/detections.csv: No space left on device\n")
    assert (out / "detections.csv").read_text() == before
    assert not list(out.rglob("*.part"))
    assert cli(*given).code == 0
    assert [row["image"] for row in rows(out / "detections.csv")] == ["a.png", "b.png"]


def test_a_folder_that_cannot_be_written_is_named_before_any_work(runs, cli, tmp_path, monkeypatch, seen):
    def refuse(**given):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("mitosis.files.tempfile.TemporaryFile", refuse)
    ended = cli("predict", f"input={folder_of(tmp_path / 'in', 'a.png')}", "output=out", "mpp=0.25", *runs)
    assert ended.err == "mitosis: out: Read-only file system, so nothing can be written there; give another folder\n"
    assert seen == []


def test_adapted_networks_go_on_as_well(runs, cli, tmp_path, seen):
    given = ["predict", f"input={folder_of(tmp_path / 'in', 'a.png', 'b.png')}", "mpp=0.25", *runs, "adapt=true"]
    assert cli(*given, f"output={tmp_path / 'out'}").code == 0
    seen.clear()
    assert "2 of 2 images are done" in cli(*given, f"output={tmp_path / 'out'}").out
    assert seen == []


def test_what_is_missing_is_made_from_the_tables(runs, cli, tmp_path, seen):
    folder, out = folder_of(tmp_path / "in", "a.png", "b.png"), tmp_path / "out"
    given = ["predict", f"input={folder}", f"output={out}", "mpp=0.25", *runs]
    cli(*given)
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".lock")
    before = {path: path.read_bytes() for path in files}
    for name in ("geojson/a.png.geojson", "report/b.png.html", "midog/b.png.json", "counts.csv", "report.html"):
        (out / name).unlink()
    seen.clear()
    assert cli(*given).code == 0
    assert seen == [], "no network was asked"
    assert {path: path.read_bytes() for path in files} == before
    assert not has_heat(out / "report" / "a.png.html")
    assert cli(*given, "heatmaps=true").code == 0
    assert has_heat(out / "report" / "a.png.html")
    assert "2 of 2 images are done" in cli(*given, "heatmaps=true").out
    assert cli(*given, "hpf_mm=0.6").code == 0
    assert seen == []
    counts = list(csv.DictReader((out / "counts.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["hpf_mm"] for row in counts] == ["0.60", "0.60"]
