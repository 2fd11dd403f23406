"""Reducing the rate when the score on val stops improving."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from torch.optim import SGD

from mitosis.errors import InputError
from mitosis.scheduler.plateau import plateau_schedule

Optimizers = Callable[[], SGD]
Train = Callable[..., list[float]]


def test_it_waits_until_patience_is_exhausted(sgd: Optimizers) -> None:
    optimizer = sgd()
    schedule = plateau_schedule(optimizer, total_steps=1, steps_per_epoch=1, factor=0.5, patience=1)
    found = []
    for score in (0.0, 0.2, 0.3, 0.3, math.nan, 0.25, 0.31, 0.1, 0.1, 0.1):
        schedule.observe(score)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_it_observes_each_score_on_val_once(train: Train, tmp_path: Path) -> None:
    """AP is 1 in the first epoch and falls from there; patience 1 lets one worse score pass."""
    quick = partial(plateau_schedule, factor=0.5, patience=1)
    assert train(tmp_path / "each", quick, 6) == [0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625]
    # Scored after epochs 1, 3, 5, 7 and 9.
    assert train(tmp_path / "second", quick, 10, val_every=2) == [0.25] * 5 + [0.125] * 4 + [0.0625]


def test_an_undefined_score_changes_nothing(train: Train, tmp_path: Path) -> None:
    assert train(tmp_path, partial(plateau_schedule, patience=0), 3, truths=0) == [0.25] * 3


def test_errors_from_torch_are_one_line(train: Train, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="optimizer or scheduler: Factor"):
        train(tmp_path, partial(plateau_schedule, factor=1.5), 1)
