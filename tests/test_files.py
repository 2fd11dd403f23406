"""Files are written atomically."""

import errno
import json
import math
import os
import time
from pathlib import Path

import pytest

from mitosis import files
from mitosis.errors import InputError


def test_content_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    files.write_text(path, "one\n")
    files.write_text(path, "µm\r\n")
    assert path.read_bytes() == "µm\r\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_nan_becomes_null_in_json(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"f1": math.nan, "rows": ({"p": math.nan}, 0.5)})
    assert json.loads((tmp_path / "a.json").read_text()) == {"f1": None, "rows": [{"p": None}, 0.5]}


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_a_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        files.write_text(tmp_path / "a", "")
        assert os.umask(mask) == mask  # looked at, not changed
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, step, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.txt'$") as raised:
        files.write_text(path, "new")
    assert raised.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path: Path, error: type[BaseException]) -> None:
    with files.replacing(path, "w") as file:
        file.write("half of the new")
        raise error


def test_an_error_or_interrupt_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error):
            write_half(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_another_files_error_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, files.replacing(tmp_path / "a"):
        (tmp_path / "source").read_text()
    assert raised.value.filename == str(tmp_path / "source")


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match=r"/a'$"):
        files.write_text(tmp_path / "a", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def fill_half(path: Path) -> None:
    with files.new_folder(path) as folder:
        (folder / "a").write_text("half")
        raise ValueError("full")


def test_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder"
    with pytest.raises(ValueError, match="full"):
        fill_half(path)
    assert not list(path.parent.iterdir())
    for _ in range(2):
        with files.new_folder(path) as folder:
            (folder / "a").write_text("whole")
            assert not path.exists() or not list(path.iterdir())
        assert (path / "a").read_text() == "whole"
        assert list(path.parent.iterdir()) == [path]
        (path / "a").unlink()  # an empty folder may be filled
    (path / "a").write_text("mine")
    for taken in (path, path / "a"):
        with pytest.raises(InputError, match="give a new folder"), files.new_folder(taken):
            pass
    assert (path / "a").read_text() == "mine"


def test_an_error_in_a_new_folder_names_the_final_path(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, files.new_folder(tmp_path / "out") as folder:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "deep" / "a.json"))
    assert caught.value.filename == str(tmp_path / "out" / "deep" / "a.json")
    assert caught.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())


def test_folders_that_killed_processes_left_are_removed(tmp_path: Path) -> None:
    def made(name: str, held: bool = True, age: float = 100) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "content").write_text("x")
        if held:
            (tmp_path / name / ".held").write_text("")
            os.utime(tmp_path / name / ".held", (0, time.time() - age))
        return tmp_path / name

    left, young, other = made("mitosis-left"), made("mitosis-young", age=1), made("mitosis-other", held=False)
    longer, elsewhere = made("mitosis-left.txt"), made("elsewhere")
    (tmp_path / "mitosis-link").symlink_to(elsewhere)
    with files.scratch_folder("mitosis-", within=tmp_path) as one:
        os.utime(one / ".held", (0, time.time() - 100))
        with files.scratch_folder("mitosis-", within=tmp_path) as two:
            assert one.is_dir()
            assert two.is_dir()
    assert not any(path.exists() for path in (left, longer, one, two))
    assert all((path / "content").is_file() for path in (young, other, elsewhere))


def test_a_half_written_folder_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".out.x.part/filled").mkdir(parents=True)
    (tmp_path / ".out.x.part/.held").write_text("")
    os.utime(tmp_path / ".out.x.part/.held", (0, 0))
    with files.new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]
