"""Heat maps around places of an image, with a stage two that looks for red."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from two_stages import Darkness, write_runs

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.decision import Decision
from mitosis.cascade.heat import SIDE, heat_of
from mitosis.cascade.networks import symmetries, turned_back


@pytest.fixture
def cascade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cascade:
    monkeypatch.setenv("MITOSIS_TRUST", "two_stages")
    runs = write_runs(tmp_path, Darkness, window="whole", overlap=32)
    return Cascade.load(*(run.partition("=")[2] for run in runs))


@pytest.mark.parametrize("count", range(1, 9))
def test_symmetries_are_turned_back(count):
    image = torch.rand(1, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(turned_back(torch.cat(list(symmetries(image, count)))[:, 0]), image[0, 0])


@pytest.mark.parametrize("turned", [1, 8])
def test_what_is_red_speaks_for_a_figure_and_what_is_blue_against(cascade, turned):
    """4 µm of red above the place and right of it, and of blue below it, in the 16 µm that stage two sees."""
    image = np.full((120, 140, 3), 128, np.uint8)
    image[32:48, 72:88] = (200, 50, 50)
    image[72:88, 52:68] = (50, 50, 200)
    cascade.classifiers = (replace(cascade.classifiers[0], make=RednessAnywhere),)
    cascade.decision = Decision((0.0, 0.0, 1.0), turned, {}) if turned > 1 else None
    heat = heat_of(cascade, image, mpp=0.25, name="a.png")
    values = heat.at(59.5, 59.5)
    assert heat.side_um == 16
    assert values.shape == (SIDE, SIDE)
    red, blue = values[3:9, 23:29], values[23:29, 13:19]
    assert red.min() > 0.9 * values.max() > 0
    assert blue.max() < 0.9 * values.min() < 0
    assert red.mean() == pytest.approx(-blue.mean(), rel=1e-3)
    assert np.abs(values[14:18, 2:6]).max() < 0.01 * values.max(), "grey says nothing"


def test_the_networks_of_a_stage_are_averaged(cascade):
    image = np.full((80, 80, 3), 128, np.uint8)
    image[30:50, 30:50] = (200, 50, 50)
    alone = heat_of(cascade, image, mpp=0.25, name="a.png").at(40, 40)
    other = replace(cascade.classifiers[0], make=torch.nn.Sequential(cascade.classifiers[0].model, Tripled()).eval)
    cascade.classifiers = (*cascade.classifiers, other)
    assert heat_of(cascade, image, mpp=0.25, name="a.png").at(40, 40) == pytest.approx(2 * alone, rel=1e-4, abs=1e-7)


class RednessAnywhere(torch.nn.Module):
    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        red, _, blue = crops.mean(dim=(2, 3)).unbind(dim=1)
        return torch.stack([blue, red], dim=1)


class Tripled(torch.nn.Module):
    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        return 3 * logits
