"""Hard-negative mining: which false alarms are kept, when, and that a resumed run goes on with the same ones."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from refused import refused

from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.inference.components import Candidates
from mitosis.training.mining import Mining, MiningSettings, false_alarms

SETTINGS = MiningSettings(at=[0.5], fields=2, score=0.1, distance_um=8.0, per_field=20)


class Stage:
    """Finds the same five peaks in every field: x 10, 30, 50, 70, 90 with falling scores."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.modes: list[str] = []
        self.fields = 0

    def probability(self, image: torch.Tensor, mpp: float) -> torch.Tensor:
        self.fields += 1
        return torch.zeros(image.shape[1:])

    def peaks(self, probability: torch.Tensor, mpp: float) -> Candidates:
        points = np.array([[10.0, 20.0], [30.0, 20.0], [50.0, 20.0], [70.0, 20.0], [90.0, 20.0]])
        scores = np.array([0.9, 0.8, 0.7, 0.6, 0.05])
        return Candidates(points, np.full(5, 20.0), scores, scores, np.zeros(probability.shape, np.int32))

    def eval(self) -> None:
        self.modes.append("eval")

    def train(self) -> None:
        self.modes.append("train")


def field(name: str = "a", mask: np.ndarray | None = None) -> Field:
    """A field of 1 µm/px with a mitosis at x 36: 6 µm from one peak, 14 µm from the next."""
    figure = MitoticFigure(np.array([[36, 20]], dtype=np.int32))
    record = Record(name, lambda: np.zeros((40, 100, 3), np.uint8), (40, 100), 1.0, "case", "slide", "drawn", (figure,))
    return Field(record, np.zeros((40, 100, 3), np.uint8), np.zeros((40, 100), np.uint8) if mask is None else mask)


def test_weak_peaks_and_those_near_a_mitosis_are_left_out() -> None:
    assert false_alarms(Stage(), field(), SETTINGS)[:, 0].tolist() == [10, 50, 70]


def test_the_highest_are_kept() -> None:
    assert false_alarms(Stage(), field(), replace(SETTINGS, per_field=2))[:, 0].tolist() == [10, 50]


def test_only_background_counts() -> None:
    mask = np.zeros((40, 100), np.uint8)
    mask[:, 45:55] = 1
    assert false_alarms(Stage(), field(mask=mask), SETTINGS)[:, 0].tolist() == [10, 70]


@pytest.mark.parametrize("at", [[0.0], [1.0], [0.6, 0.3]])
def test_shares_out_of_order_are_refused(at: list[float]) -> None:
    assert "mining.at=" in refused(lambda: Mining(data(), replace(SETTINGS, at=at)))


def data(count: int = 3) -> Any:
    records = [field(f"f{index}").record for index in range(count)]
    store = SimpleNamespace(each=lambda own: iter([field(record.field) for record in own]))
    return SimpleNamespace(parts=SimpleNamespace(train=records), store=store, mined={})


def trainer(step: int, steps: int = 100) -> Any:
    return SimpleNamespace(global_step=step, estimated_stepping_batches=steps, global_rank=0, world_size=1)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("mitosis.training.mining.SegmentationStage", Stage)
    return Stage()


def test_it_mines_once_per_share_and_takes_the_fields_in_turn(stage: Any) -> None:
    mining = Mining(data(), replace(SETTINGS, at=[0.3, 0.6]))
    mined = []
    for step in (20, 30, 40, 60, 80, 100):
        mining.on_train_epoch_end(trainer(step), stage)
        mined.append(sorted(mining.data.mined))
    assert mined == [[], ["f0", "f1"], ["f0", "f1"], ["f0", "f1", "f2"], ["f0", "f1", "f2"], ["f0", "f1", "f2"]]
    assert stage.fields == 4
    assert stage.modes == ["eval", "train", "eval", "train"]


def test_nothing_is_mined_after_the_last_step(stage: Any) -> None:
    mining = Mining(data(), SETTINGS)
    mining.on_train_epoch_end(trainer(100), stage)
    assert mining.data.mined == {}


def test_a_resumed_run_keeps_its_false_alarms(stage: Any) -> None:
    mining = Mining(data(), SETTINGS)
    mining.on_train_epoch_end(trainer(50), stage)
    resumed = Mining(data(), SETTINGS)
    resumed.load_state_dict(mining.state_dict())
    assert {name: points.tolist() for name, points in resumed.data.mined.items()} == {
        name: points.tolist() for name, points in mining.data.mined.items()
    }
    resumed.on_train_epoch_end(trainer(60), stage)
    assert stage.fields == 2, "the share was mined before"
