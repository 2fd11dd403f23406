"""A constant rate."""

from collections.abc import Callable

from mitosis.scheduler.constant import constant_schedule

Rates = Callable[..., list[float]]


def test_the_rate_never_changes(rates: Rates) -> None:
    assert rates(lambda it: constant_schedule(it, total_steps=3, steps_per_epoch=1), 5) == [1] * 5
