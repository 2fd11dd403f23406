"""The base class of both stages, tested on a stage with one weight."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from mitosis.errors import InputError
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.scheduler.constant import constant_schedule
from mitosis.stage.base import Stage


class OneWeight(Stage):
    """Learns to output 1; its detections are given by each field."""

    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return ((self.model(batch["image"]) - 1) ** 2).mean()

    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        return field["points"], field["scores"], torch.tensor(float(len(field["points"])))


def stage_of(lr: float = 0.25) -> OneWeight:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    metric = DetectionMetric(Matching("rule", 5.0, "um", True, "optimal"))
    return OneWeight(model, nn.MSELoss(), metric, partial(torch.optim.SGD, lr=lr), constant_schedule)


def field_of(name: str, points: list, scores: list, truths: list) -> dict[str, Any]:
    double = partial(torch.tensor, dtype=torch.float64)
    return {
        "field": name,
        "points": double(points).reshape(-1, 2),
        "scores": double(scores),
        "centroids": double(truths).reshape(-1, 2),
        "mpp": 0.25,
    }


def only(items: list) -> Any:
    (item,) = items
    return item


@pytest.fixture
def fit(tmp_path: Any) -> Callable[..., L.Trainer]:
    def run(stage: Stage, fields: list[dict[str, Any]], epochs: int = 1) -> L.Trainer:
        trainer = L.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            default_root_dir=tmp_path,
        )
        train = DataLoader([{"image": torch.ones(1)}] * 4, batch_size=2)  # pyright: ignore
        trainer.fit(stage, train, DataLoader(fields, batch_size=1, collate_fn=only))  # pyright: ignore
        return trainer

    return run


def test_trains_and_scores_whole_fields(fit: Callable[..., L.Trainer]) -> None:
    stage = stage_of()
    fields = [
        field_of("a", [[0, 0], [500, 500]], [0.9, 0.8], [[1, 1]]),
        field_of("b", [], [], [[7, 7]]),
        field_of("c", [[3, 3]], [0.7], [[3, 3]]),
    ]
    trainer = fit(stage, fields, epochs=2)  # twice: the metric must forget the first epoch
    # The gradient is 2 (w - 1): each of the 4 steps halves the distance to 1.
    assert stage.model.weight.item() == pytest.approx(1 - 0.5**4)
    logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
    assert logged["val/loss"] == pytest.approx(1)  # (2 + 0 + 1) / 3 fields
    assert logged["val/ap"] == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)
    assert logged["val/recall"] == pytest.approx(2 / 3)
    assert logged["val/threshold"] == pytest.approx(0.35)  # halfway from .7 to 0
    assert logged["train/loss"] == pytest.approx((0.5**4 + 0.5**6) / 2)


def test_none_means_no_field(fit: Callable[..., L.Trainer]) -> None:
    field = field_of("a", [[0, 0], [500, 500]], [0.9, 0.8], [[1, 1]])
    alone, filled = (fit(stage_of(), fields).callback_metrics for fields in ([field], [field, None]))  # pyright: ignore
    assert alone["val/loss"] == 2
    assert alone.keys() == filled.keys()
    assert all(torch.equal(alone[name], filled[name]) for name in alone)


def test_without_mitoses_scores_are_undefined(fit: Callable[..., L.Trainer]) -> None:
    trainer = fit(stage_of(), [field_of("a", [[0, 0]], [0.9], [])])
    assert math.isnan(trainer.callback_metrics["val/ap"])


@pytest.mark.parametrize("lost", [math.nan, math.inf, -math.inf])
def test_a_non_finite_loss_stops_the_run(fit: Callable[..., L.Trainer], lost: float) -> None:
    stage = stage_of()
    nn.init.constant_(stage.model.weight, lost)
    with pytest.raises(InputError, match="the loss became nan or infinite by step 0"):
        fit(stage, [field_of("a", [], [], [])])


def test_non_finite_weights_stop_the_run(fit: Callable[..., L.Trainer]) -> None:
    stage = stage_of(lr=1e38)
    with pytest.raises(InputError, match=r"became nan or infinite by step [12]; start again"):
        fit(stage, [field_of("a", [], [], [])])
