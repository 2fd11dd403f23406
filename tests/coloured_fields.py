"""Coloured squares, and two networks that measure darkness and redness, so that scores can be worked out by hand."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Circle, MitoticFigure, Record
from mitosis.run.checkpoint import write

# Square of 12 × 12 pixels of 0.25 µm: left, top, darkness, redness, and where its mitosis begins (None: there is none).
SQUARES = {
    "case15_0": [
        (10, 10, 0.92, 60, (10, 10)),
        (60, 10, 0.8, 40, (60, 10)),
        (10, 60, 0.7, 0, (30, 60)),  # its mitosis is 20 pixels, 5 µm, away
        (60, 60, 0.6, 0, None),
    ],
    "case15_1": [(10, 10, 0.3, 60, (10, 10)), (60, 60, 0.9, 50, None)],
    "case19_1": [(60, 60, 0.65, 0, None)],
}
RING = Circle(27, 65.5, 20)
"""Of the mitosis beside a square: that lies in it."""


class Darkness(nn.Module):
    """The probability of a pixel is its darkness."""

    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, image: Tensor) -> Tensor:
        return torch.logit((1 - image.mean(dim=1, keepdim=True)) * self.gain, eps=1e-6)


class Redness(nn.Module):
    """A crop is a mitosis if its middle is redder than blue by 30 grey levels."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops[:, :, 60:68, 60:68].mean(dim=(2, 3)).unbind(dim=1)
        logit = self.gain * 20 * (red - blue - 30 / 255)
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


class Squares(MitosisDataModule):
    """White fields with the squares above.

    ``root``: "without" leaves the official test part out, "rings" gives the mitosis beside a square its ring.
    """

    def __init__(self, *, root: str | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.root = root

    def records(self) -> list[Record]:
        names = [f"case{case:02d}_{i}" for case in range(15 if self.root == "without" else 20) for i in (0, 1)]
        return [record(name, RING if self.root == "rings" else None) for name in names]


def record(name: str, ring: Circle | None = None) -> Record:
    squares = SQUARES.get(name, [])
    truths = [truth for *_, truth in squares if truth]
    figures = tuple(MitoticFigure(pixels(*truth), ring if truth == (30, 60) else None) for truth in truths)
    return Record(name, partial(drawn, squares), (90, 100), 0.25, name[:6], name[:6], "drawn", figures)


def pixels(left: int, top: int) -> np.ndarray:
    rows, columns = np.mgrid[top : top + 12, left : left + 12]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32)


def drawn(squares: list[tuple]) -> np.ndarray:
    image = np.full((90, 100, 3), 255, np.uint8)
    for left, top, darkness, redness, _ in squares:
        grey = round(255 * (1 - darkness))
        blue = grey - redness // 3 if grey >= redness // 3 else 0
        image[top : top + 12, left : left + 12] = (blue + redness, 3 * grey - 2 * blue - redness, blue)
    return image


def save(folder: Path, recipe: dict, chosen: dict, gain: float = 1.0) -> None:
    contents = {"recipe": recipe, "chosen": chosen, "mpp": 0.25, "global_step": 7}
    write(contents | {"state_dict": {"model.gain": torch.tensor(gain)}}, folder / "checkpoints" / "best.ckpt")


def cells(out: str, stage: str) -> list[str]:
    """The numbers in a stage's row of the printed table."""
    (line,) = [line for line in out.splitlines() if stage in line]
    return line.replace("│", " ").replace(stage, " ").split()
