"""Step decay."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR

from mitosis.errors import InputError
from mitosis.scheduler.step import step_schedule

Rates = Callable[..., list[float]]
Optimizers = Callable[[], SGD]
Train = Callable[..., list[float]]


@pytest.mark.parametrize("total", [12, 10**6])
def test_it_counts_epochs_and_the_length_of_the_run_changes_nothing(rates: Rates, total: int) -> None:
    found = rates(lambda it: step_schedule(it, total_steps=total, steps_per_epoch=3, every=2, factor=0.5), 15)
    assert found == pytest.approx([1] * 6 + [0.5] * 6 + [0.25] * 3)


def test_it_equals_torch_stepped_once_per_epoch(sgd: Optimizers, rates: Rates) -> None:
    """The paper's: 0.1 every 50 epochs, for 200."""
    optimizer, theirs = sgd(), []
    schedule = StepLR(optimizer, 50, 0.1)
    for _ in range(200):
        theirs += [optimizer.param_groups[0]["lr"]] * 2
        optimizer.step()
        schedule.step()
    assert rates(lambda it: step_schedule(it, total_steps=400, steps_per_epoch=2), 400) == pytest.approx(theirs)
    assert theirs[-1] == pytest.approx(1e-3)


@pytest.mark.parametrize("every", [0, -1, 0.5, 2.5])
def test_only_whole_numbers_of_epochs_are_accepted(sgd: Optimizers, every: Any) -> None:
    with pytest.raises(ValueError, match=f"every={every}: give a whole number of epochs"):
        step_schedule(sgd(), total_steps=4, steps_per_epoch=2, every=every)


def test_an_invalid_number_of_epochs_is_reported_in_one_line(train: Train, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="optimizer or scheduler: every=0"):
        train(tmp_path, partial(step_schedule, every=0), 1)
