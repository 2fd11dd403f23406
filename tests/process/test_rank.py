"""Which process of a distributed run prints."""

import sys
import warnings

import pytest

from mitosis.process.rank import RANKS, in_one_line, is_rank_zero, quiet

ONE, TWO, NODES = {"devices": 1, "num_nodes": 1}, {"devices": 2, "num_nodes": 1}, {"devices": 1, "num_nodes": 2}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", RANKS)
@pytest.mark.parametrize("trainer", [TWO, NODES, {"devices": "auto"}, {"devices": [0, 1]}, {}])
def test_only_rank_zero_prints(monkeypatch: pytest.MonkeyPatch, name: str, trainer: dict) -> None:
    assert is_rank_zero(trainer)
    monkeypatch.setenv(name, "0")
    assert is_rank_zero(trainer)
    monkeypatch.setenv(name, "1")
    assert not is_rank_zero(trainer)


def test_a_run_on_one_device_is_rank_zero_even_as_slurm_s_process_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_PROCID", "3")
    assert is_rank_zero(ONE)
    assert is_rank_zero({"devices": 1})


def test_quiet(capsys: pytest.CaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    with quiet():
        print("said")
        warnings.warn("warned", stacklevel=1)
    assert capsys.readouterr() == ("", "")
    assert not recwarn.list
    print("again", file=sys.stdout)
    assert capsys.readouterr().out == "again\n"


def test_a_warning_is_one_line_whatever_a_file_is_called() -> None:
    assert in_one_line(UserWarning("a\nb.png: 1 link\r\n")) == "mitosis: a b.png: 1 link\n"
