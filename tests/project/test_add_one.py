"""Adding a loss, an augmentation, a stain, a dataset or a model edits no file: its own files are enough."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = [
    *(f"tests/{group}/test_contract.py" for group in ("loss", "augment", "stain")),
    *("tests/data/test_walk.py", "tests/project/test_shipped_yamls.py"),
]

LOSS = {
    "mitosis/loss/brier.py": '''
"""Squared error."""

from torch import Tensor

from mitosis.loss.mask_loss import MaskLoss


class Brier(MaskLoss):
    """Mean of (p - target)² and ``weight`` times the cross-entropy, which keeps a slope where p is 0 or 1."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def compare(self, logits: Tensor, target: Tensor) -> Tensor:
        cross = logits.clamp(min=0) - logits * target + (-logits.abs()).exp().log1p()
        return ((logits.sigmoid() - target) ** 2).mean() + self.weight * cross.mean()
''',
    "conf/loss/brier.yaml": "_target_: mitosis.loss.brier.Brier\nweight: 1.0\n",
    "tests/loss/test_brier.py": """
import math

import torch

from mitosis.loss.brier import Brier


def test_by_hand():
    logits = torch.zeros(1, 1, 1, 1)
    torch.testing.assert_close(Brier()(logits, torch.ones(1, 1, 1, 1)).item(), 0.25 + math.log(2), rtol=1e-6, atol=0)
""",
}
AUGMENT = {
    "mitosis/augment/lift.py": '''
"""More or less light."""

import numpy as np


class LiftAugment:
    """Adds up to ± ``levels`` grey levels to each channel, alike in all pixels."""

    def __init__(self, levels: int = 20) -> None:
        self._levels = levels

    def __call__(self, image: np.ndarray, mask: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        lift = np.random.default_rng(seed).integers(-self._levels, self._levels + 1, 3)
        return np.clip(image + lift, 0, 255).astype(np.uint8), mask
''',
    "conf/augment/lift.yaml": "_target_: mitosis.augment.lift.LiftAugment\nlevels: 20\n",
    "tests/augment/test_lift.py": """
import numpy as np

from mitosis.augment.lift import LiftAugment


def test_no_levels_change_nothing():
    image = np.full((2, 2, 3), 9, np.uint8)
    np.testing.assert_array_equal(LiftAugment(levels=0)(image, None, 1)[0], image)
""",
}
STAIN = {
    "mitosis/stain/again.py": '''
"""Reinhard's method under another name."""

import numpy as np
from numpy.typing import ArrayLike

from mitosis.stain.normaliser import Normaliser
from mitosis.stain.reinhard import REFERENCE_DEVIATION, REFERENCE_MEAN, Reinhard


class Again(Normaliser):
    """As ``Reinhard``."""

    def __init__(self, mean: ArrayLike = REFERENCE_MEAN, deviation: ArrayLike = REFERENCE_DEVIATION) -> None:
        self._reinhard = Reinhard(mean, deviation)

    def normalise(self, image: np.ndarray) -> np.ndarray:
        return self._reinhard.normalise(image)
''',
    "conf/stain/again.yaml": (
        "_target_: mitosis.stain.again.Again\nmean: [63.2, 26.6, -8.5]\ndeviation: [10.3, 5.6, 5.9]\n"
    ),
    "tests/stain/test_again.py": """
import numpy as np

from mitosis.stain.again import Again
from mitosis.stain.reinhard import Reinhard


def test_it_equals_reinhard(field):
    np.testing.assert_array_equal(Again()(field(size=60), "a"), Reinhard()(field(size=60), "a"))
""",
}
DATA = {
    "mitosis/data/plain.py": '''
"""Images and, of the same names, lists of points."""

from functools import partial
from pathlib import Path

import numpy as np

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.reading.figure import figure_of
from mitosis.data.record import Record
from mitosis.label.annotation import Annotation


class Plain(MitosisDataModule):
    """Arrays ``NAME.npy`` and ``NAME.txt`` with x and y of a mitosis in each line."""

    def __init__(self, *, root: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self._root = Path(root)

    def records(self) -> list[Record]:
        return [self._record(path) for path in sorted(self._root.glob("*.npy"))]

    def _record(self, path: Path) -> Record:
        size = np.load(path).shape[:2]
        points = np.loadtxt(path.with_suffix(".txt"), ndmin=2)
        figures = [figure_of(Annotation(path.stem, True, x, y), size, mpp=0.25, radius_um=4.0) for x, y in points]
        figures = tuple(figure for figure in figures if figure is not None)
        return Record(path.stem, partial(np.load, path), size, 0.25, path.stem, path.stem, "any", figures)
''',
    "conf/data/plain.yaml": """
# @package _global_
defaults:
  - common@data
  - override /matching: icpr2012

data:
  _target_: mitosis.data.plain.Plain
  root: null
  folds: null
""",
    "tests/data/miniature/plain.py": '''
"""Arrays and lists of points."""

from pathlib import Path

import numpy as np

from miniature import Written, drawn


def build(root: Path) -> Written:
    """Eleven cases with two mitoses each."""
    root.mkdir(parents=True)
    for case in range(11):
        np.save(root / f"{case:02d}.npy", drawn())
        (root / f"{case:02d}.txt").write_text("20 30\\n100.5 90\\n")
    return Written(22)


VARIANTS = {"plain": build}
''',
    "tests/data/test_plain.py": """
from miniature.plain import build

from mitosis.data.cache.store import FieldStore
from mitosis.data.plain import Plain
from mitosis.stain.none import NoStain


def test_points_are_read(tmp_path):
    build(tmp_path / "set")
    store = FieldStore(NoStain())
    plain = Plain(root=tmp_path / "set", folds=None, fold=0, store=store, samples_per_epoch=1, batch_size=1)
    assert plain.records()[0].centroids.tolist() == [[20, 30], [100.5, 90]]
""",
}
MODEL = {
    "mitosis/model/pixelwise.py": '''
"""A segmenter that sees one pixel at a time."""

import torch
from torch import Tensor, nn


class Pixelwise(nn.Module):
    """Logits of shape (B, 1, H, W) from images of shape (B, 3, H, W)."""

    stride = 8

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, width, 1), nn.ReLU(), nn.Conv2d(width, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image)
''',
    "conf/model/pixelwise.yaml": """
# @package _global_
defaults:
  - override /stage: segmentation
  - override /stain: none
model:
  _target_: mitosis.model.pixelwise.Pixelwise
  width: 4
""",
    "tests/model/test_pixelwise.py": """
import torch

from mitosis.model.pixelwise import Pixelwise


def test_a_logit_for_each_pixel():
    assert Pixelwise()(torch.zeros(2, 3, 5, 7)).shape == (2, 1, 5, 7)
""",
}
ADDED = LOSS | AUGMENT | STAIN | DATA | MODEL


def copy_of_repository(folder: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout: what belongs to it is not known")
def test_added_parts_are_found_by_the_contract_tests_and_pass(tmp_path: Path) -> None:
    copy = tmp_path / "repository"
    copy_of_repository(copy)
    for name, text in ADDED.items():
        assert not (copy / name).exists()
        (copy / name).write_text(text.lstrip("\n"), encoding="utf-8")
    new = [name for name in ADDED if re.fullmatch(r"tests/.*/test_\w+\.py", name)]
    words = {Path(name).stem.removeprefix("test_") for name in new}
    chosen = " or ".join(
        [*words, "test_every_dataset", "test_a_part_is_built", "name_of_its_module", "another_process"]
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-m", "not slow", "-k", chosen]
        + [*CONTRACTS, *new],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.findall(r"^(\S+?)::(\S+) PASSED", done.stdout, re.MULTILINE)
    for contract, word in zip(CONTRACTS, ("brier", "lift", "again", "plain", "pixelwise"), strict=True):
        assert any(file == contract and re.search(rf"\[(.*-)?{word}\b", test) for file, test in passed), word
    assert set(new) <= {file for file, _ in passed}
