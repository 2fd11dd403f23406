"""The one-cycle policy, compared with torch."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import OneCycleLR

from mitosis.scheduler.one_cycle import one_cycle_schedule

Rates = Callable[..., list[float]]
Optimizers = Callable[[], SGD]


@pytest.mark.parametrize("total", [1, 2, 3, 10, 40])
def test_it_equals_torch(rates: Rates, total: int) -> None:
    found = rates(lambda it: one_cycle_schedule(it, total_steps=total, steps_per_epoch=1), total)
    assert found == rates(lambda it: OneCycleLR(it, 1.0, total), total)
    assert max(found) <= 1


def test_it_starts_low_and_peaks_at_the_rate_of_the_optimiser(rates: Rates) -> None:
    found = rates(lambda it: one_cycle_schedule(it, total_steps=10, steps_per_epoch=5), 10)
    assert (found[0], found[2], found[-1]) == pytest.approx((1 / 25, 1, 1 / 25e4))


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_momentum_moves_in_the_opposite_direction(optimizer: Any) -> None:
    made = optimizer([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = one_cycle_schedule(made, total_steps=10, steps_per_epoch=5)
    found = []
    for _ in range(10):
        group = made.param_groups[0]
        found.append(group["momentum"] if "momentum" in group else group["betas"][0])
        made.step()
        schedule.step()
    assert (found[0], found[2], found[9]) == pytest.approx((0.95, 0.85, 0.95))


def test_it_can_be_extended(sgd: Optimizers, rates: Rates) -> None:
    optimizer = sgd()
    short = one_cycle_schedule(optimizer, total_steps=4, steps_per_epoch=1)
    for _ in range(4):
        optimizer.step()
        short.step()
    state, longer = short.state_dict(), sgd()
    schedule = one_cycle_schedule(longer, total_steps=10, steps_per_epoch=1)
    longer.load_state_dict(optimizer.state_dict())
    schedule.load_state_dict(state)
    found = []
    for _ in range(5):
        longer.step()
        schedule.step()
        found.append(longer.param_groups[0]["lr"])
    whole = rates(lambda it: one_cycle_schedule(it, total_steps=10, steps_per_epoch=1), 10)
    assert found == pytest.approx(whole[5:])
