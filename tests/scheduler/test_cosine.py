"""Linear warm-up, then half a cosine."""

import math
from collections.abc import Callable

import pytest

from mitosis.scheduler.cosine import cosine_schedule

Rates = Callable[..., list[float]]


def test_it_warms_up_and_falls(rates: Rates) -> None:
    found = rates(lambda it: cosine_schedule(it, total_steps=10, steps_per_epoch=5, warmup=0.2, final=0.0), 12)
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found[6] == pytest.approx(0.5)  # 4 of the 8 steps after the warm-up
    assert found[4] == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))
    assert found[10:] == pytest.approx([0, 0])  # beyond the end it stays there
    assert all(one > other for one, other in zip(found[2:9], found[3:10], strict=True))


def test_it_ends_at_the_final_fraction(rates: Rates) -> None:
    found = rates(lambda it: cosine_schedule(it, total_steps=4, steps_per_epoch=4, warmup=0.0, final=0.1), 5)
    assert found == pytest.approx(
        [1, 0.1 + 0.9 * (1 + math.sqrt(0.5)) / 2, 0.55, 0.1 + 0.9 * (1 - math.sqrt(0.5)) / 2, 0.1]
    )


@pytest.mark.parametrize("total", [1, 2, 3])
def test_few_steps_give_rates_from_0_to_1(rates: Rates, total: int) -> None:
    found = rates(lambda it: cosine_schedule(it, total_steps=total, steps_per_epoch=1), total)
    assert found[0] == 1
    assert all(0 <= rate <= 1 for rate in found)
