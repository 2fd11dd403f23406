"""Checkpoint files: written atomically, read without executing code."""

import errno
import os
import pickle
from pathlib import Path

import pytest
import torch

from mitosis import files
from mitosis.errors import InputError
from mitosis.run.checkpoint import read, write


def test_tensors_and_plain_data_round_trip(tmp_path: Path) -> None:
    given = {"w": torch.arange(5.0), "half": torch.ones(2, dtype=torch.bfloat16), "recipe": {"a": [1, "b", None, 0.5]}}
    write(given, tmp_path / "a.ckpt")
    back = read(tmp_path / "a.ckpt")
    assert torch.equal(back["w"], given["w"])
    assert torch.equal(back["half"], given["half"])
    assert back["recipe"] == given["recipe"]


class Trap:
    """Creates a file when it is unpickled unsafely."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize("kind", ["truncated", "empty", "text", "list", "missing", "folder"])
def test_a_broken_file_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "last.ckpt"
    write({"w": torch.zeros(1000)}, path)
    whole = path.read_bytes()
    path.unlink()
    if kind == "list":
        torch.save([1, 2], path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"truncated": whole[: len(whole) // 2], "empty": b"", "text": b"not a checkpoint\n"}[kind])
    with pytest.raises(InputError, match=r"last\.ckpt") as raised:
        read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_code_is_never_executed(tmp_path: Path, save) -> None:
    path, sign = tmp_path / "trap.ckpt", tmp_path / "was-run"
    save({"state_dict": Trap(sign)}, path)
    with pytest.raises(InputError, match=r"trap\.ckpt") as raised:
        read(path)
    assert not sign.exists()
    if save is torch.save:
        assert str(raised.value) == f"{path}: it holds code (posix.mkdir), which is never run"
    torch.load(path, weights_only=False) if save is torch.save else pickle.loads(path.read_bytes())
    assert sign.exists()  # the trap does work


def test_a_full_disk_keeps_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    write({"step": 1}, path)

    class Full:
        """A file on a full disk: both writing and closing fail."""

        def __init__(self, file) -> None:
            self.file = file

        def write(self, data) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def __enter__(self):
            return self

        def __exit__(self, *stopped) -> None:
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

    fdopen = os.fdopen
    monkeypatch.setattr(files.os, "fdopen", lambda *args, **kwargs: Full(fdopen(*args, **kwargs)))
    with pytest.raises(OSError, match=r"No space left on device: '.*last\.ckpt'") as raised:
        write({"step": 2, "w": torch.zeros(1000)}, path)
    assert raised.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert read(path) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]
