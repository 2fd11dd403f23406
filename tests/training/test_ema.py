"""The average of the weights is not held back by the first steps."""

import pytest
import torch

from mitosis.training.ema import averaging


def test_by_hand() -> None:
    """After n updates the decay is (1 + n) / (10 + n): 2/11 after one, 3/12 after two."""
    update = averaging(0.99)
    average, value = torch.tensor([1.0]), torch.tensor([0.0])
    update([average], [value], torch.tensor(1))
    assert average.item() == pytest.approx(2 / 11)
    update([average], [value], torch.tensor(2))
    assert average.item() == pytest.approx(2 / 11 * 3 / 12)


def test_the_decay_ends_at_the_given_one() -> None:
    average = torch.tensor([1.0])
    averaging(0.9)([average], [torch.tensor([0.0])], torch.tensor(10**6))
    assert average.item() == pytest.approx(0.9)


def test_the_first_weights_are_forgotten_within_600_steps() -> None:
    """A constant decay of 0.999 keeps 0.999⁶⁰⁰ = 55 % of them; with the warm-up less than 0.1 % are left."""
    update, average = averaging(0.999), torch.tensor([1.0])
    for step in range(1, 601):
        update([average], [torch.tensor([0.0])], step)
    assert average.item() < 1e-3
