"""Learning rates by hand."""

import math

import pytest
import torch

from mitosis.stage.schedule import constant, cosine


def rates(make, steps: int) -> list[float]:  # noqa: ANN001
    """The rate at each step of an optimiser whose own is 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_cosine_warms_up_and_falls() -> None:
    found = rates(lambda optimizer: cosine(optimizer, total_steps=10, warmup=0.2, final=0.0), 12)
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found[6] == pytest.approx(0.5)  # 4 of the 8 steps after the warm-up
    assert found[4] == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))
    assert found[10:] == pytest.approx([0, 0])  # beyond the end it stays there
    assert all(one > other for one, other in zip(found[2:9], found[3:10], strict=True))


def test_cosine_ends_at_its_final_share() -> None:
    found = rates(lambda optimizer: cosine(optimizer, total_steps=4, warmup=0.0, final=0.1), 5)
    assert found == pytest.approx(
        [1, 0.1 + 0.9 * (1 + math.sqrt(0.5)) / 2, 0.55, 0.1 + 0.9 * (1 - math.sqrt(0.5)) / 2, 0.1]
    )


@pytest.mark.parametrize("total", [1, 2, 3])
def test_cosine_of_few_steps(total: int) -> None:
    found = rates(lambda optimizer: cosine(optimizer, total_steps=total), total)
    assert found[0] == 1 and all(0 <= rate <= 1 for rate in found)


def test_constant() -> None:
    assert rates(lambda optimizer: constant(optimizer, total_steps=3), 5) == [1] * 5
