"""The folder of a run: locked by one process, claimed by one recipe, finished or not."""

import errno
import json
import os
from pathlib import Path

import pytest

from mitosis.errors import InputError
from mitosis.files import digest, read_json, read_yaml
from mitosis.run.folder import claim, finished, locked

RECIPE = {"model": {"widths": [4, 8], "lr": 1e-05}, "fold": 3, "half": None}


def test_claim_accepts_only_the_same_recipe(tmp_path: Path) -> None:
    claim(tmp_path, RECIPE, {"root": Path("/data")})
    claim(tmp_path, RECIPE, {"root": Path("/moved")})
    assert read_yaml(tmp_path / "recipe.yaml") == RECIPE
    assert read_yaml(tmp_path / "local.yaml") == {"root": "/moved"}
    before = (tmp_path / "recipe.yaml").read_bytes()
    for other, key in (
        ({**RECIPE, "fold": 4}, "fold is 3 there, 4 here"),
        ({**RECIPE, "model": {"widths": [4, 9], "lr": 1e-05}}, r"model\.widths"),
        ({**RECIPE, "more": 1}, "more is None there, 1 here"),
    ):
        with pytest.raises(InputError, match=key):
            claim(tmp_path, other)
    assert (tmp_path / "recipe.yaml").read_bytes() == before


def test_only_one_process_can_lock_a_folder(tmp_path: Path) -> None:
    def refused() -> bool:
        """Whether another process is refused."""
        if child := os.fork():
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        try:
            with locked(tmp_path / "run"):
                os._exit(0)
        except InputError:
            os._exit(3)
        finally:
            os._exit(4)

    with locked(tmp_path / "run"):
        assert refused()
    assert not refused()
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "run"):
        _ = 1 / 0
    assert not refused()


def test_finished_means_enough_steps_on_the_same_inputs(tmp_path: Path) -> None:
    inputs = {"a/fold-0": "1" * 64}
    assert not finished(tmp_path, 10, inputs)
    (tmp_path / "metrics.json").write_text(json.dumps({"max_steps": 10, "inputs": inputs}))
    assert not finished(tmp_path, 10, inputs)  # its result is gone
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.ckpt").touch()
    assert finished(tmp_path, 10, inputs)
    assert finished(tmp_path, 9, inputs)
    assert not finished(tmp_path, 11, inputs)
    assert not finished(tmp_path, 10, {"a/fold-0": "2" * 64})
    assert not finished(tmp_path, 10, {})


@pytest.mark.parametrize("content", [b'{"max_steps": 1', b"", b"\xff\xfe", b"[1]", b'"x"', b'{"steps": 1}'])
def test_broken_metrics_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.json").write_bytes(content)
    with pytest.raises(InputError, match=r"metrics\.json") as raised:
        finished(tmp_path, 1, {})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"a: [1", b"", b"\xff\xfe\xfa", b"- 1", b"word", b"a: !!python/object:os.x {}"])
def test_a_broken_recipe_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "recipe.yaml").write_bytes(content)
    for call in (lambda: read_yaml(tmp_path / "recipe.yaml"), lambda: claim(tmp_path, RECIPE)):
        with pytest.raises(InputError, match=r"recipe\.yaml") as raised:
            call()
        assert "\n" not in str(raised.value)


def test_missing_files_are_handled(tmp_path: Path) -> None:
    assert read_json(tmp_path / "metrics.json") == {}
    with pytest.raises(InputError, match="not a run folder"):
        read_yaml(tmp_path / "recipe.yaml")
    with pytest.raises(InputError, match=r"candidates\.csv: no such file"):
        digest(tmp_path / "candidates.csv")


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*given: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("mitosis.run.folder.fcntl.flock", flock)
    with pytest.warns(UserWarning, match="its file system has no locks"), locked(tmp_path / "run"):
        assert (tmp_path / "run" / ".lock").is_file()


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match=r"\.lock"), locked(tmp_path / "run"):
        pass
    assert not (tmp_path / "made").exists()


def test_what_killed_processes_left_is_removed_by_who_holds_the_lock(tmp_path: Path) -> None:
    left = [".metrics.json.x.part", "checkpoints/.last.ckpt.y.part", "geojson/.a.geojson.z.part", "a/b/c/.d.w.part"]
    kept = ["metrics.json", "checkpoints/mine.part", "a/b/c/d/.e.v.part"]
    left, kept = ([tmp_path / "run" / name for name in names] for names in (left, kept))
    (tmp_path / "far").mkdir()
    kept.append(tmp_path / "far/.f.part")
    for path in (*left, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "run/link").symlink_to(tmp_path / "far")
    with locked(tmp_path / "run"):
        assert not any(path.exists() for path in left)
        assert all(path.exists() for path in kept)
