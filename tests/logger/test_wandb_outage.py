"""W&B that does not start, or fails midway: the training goes on, with one line."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mitosis.logger.wandb import WandbRun, start


class Service:
    """Stands for the package: ``init`` fails in the modes ``down``, as it does without a key or a network."""

    def __init__(self, *down: str | None) -> None:
        self.down, self.asked, self.silent = down, [], False
        self.Settings = dict

    def setup(self, settings: dict[str, Any]) -> None:
        self.silent = settings["silent"]

    def teardown(self) -> None:
        self.silent = False

    def init(self, **about: Any) -> Any:
        assert self.silent, "it could ask on a terminal"
        self.asked.append(about)
        if about["mode"] in self.down:
            raise RuntimeError("no\nserver.")
        url = None if about["mode"] else "https://server/run"
        return SimpleNamespace(url=url, disabled=about["mode"] == "disabled")


@pytest.mark.parametrize(
    ("down", "said"),
    [
        ((), "W&B: https://server/run"),
        ((None,), "W&B: offline (no server); to upload it: wandb sync '{}/wandb'"),
        ((None, "offline"), "W&B: no record (no server)"),
    ],
)
def test_a_failed_start_continues_offline_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, down: tuple, said: str
) -> None:
    service, folder = Service(*down), tmp_path / "a run"
    monkeypatch.setitem(sys.modules, "wandb", service)
    for _ in range(2):
        start(folder, project="p", group="g")
        assert capsys.readouterr().out == said.format(folder) + "\n"
    assert {about["id"] for about in service.asked} == {(folder / "wandb_id").read_text()}
    for about in service.asked:
        assert (about["dir"], about["resume"], about["project"]) == (str(folder), "allow", "p")
        assert about["settings"]["init_timeout"] <= 30
        assert about["settings"]["finish_timeout"] <= 60


class Broken:
    """A run whose service has died."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.summary = self

    def __getattr__(self, name: str) -> Any:
        def fail(*args: Any, **kwargs: Any) -> None:
            self.calls.append(name)
            raise ConnectionError(f"{name} failed")

        return fail


def test_an_outage_is_reported_once_and_survived(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    import numpy as np

    logger = WandbRun(str(tmp_path))
    run = logger._experiment = Broken()
    logger.log_metrics({"a": 1.0}, step=1)
    logger.log_metrics({"a": 2.0}, step=2)
    logger.log_image(key="panel", images=[np.zeros((2, 2, 3), np.uint8)])
    logger.finish({"val": {"ap": 0.5}, "steps": 1, "minutes": 0.1})
    assert run.calls == ["log", "log", "log", "update", "finish"]
    (warning,) = [str(warning.message) for warning in recwarn if "W&B" in str(warning.message)]
    assert warning.startswith("W&B: log failed; ")
    assert f"wandb sync --include-online {tmp_path}/wandb" in warning
    logger.finish({})  # nothing is open any more
    assert run.calls[-1] == "finish"
    assert run.calls.count("finish") == 1


def test_an_interrupt_is_not_treated_as_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = WandbRun(str(tmp_path))
    logger._experiment = SimpleNamespace(log=lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        logger.log_metrics({"a": 1.0})
