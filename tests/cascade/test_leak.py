"""No leakage from the test part: with its labels scrambled, all weights and thresholds stay the same."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mitosis.cli.compose import compose
from mitosis.data.record import MitoticFigure, Record
from mitosis.data.synthetic import Synthetic
from mitosis.propose import propose
from mitosis.run.checkpoint import read
from mitosis.train import train

TINY = ["data=synthetic", "budget=smoke", "fold=0", "data.size=128", "stain=none", "optimizer.lr=0.01", "trainer=exact"]
SEGMENTER = ["model=scmitosis_seg", "budget.widths=[4,4,8,8]", "view.train.size=64", "view.train.jitter=16", *TINY]
SEGMENTER += ["data.samples_per_epoch=160", "max_steps=60"]
CLASSIFIER = ["model=resnet18", "model.name=test_resnet", "crop.pixels=32", *TINY]
CLASSIFIER += ["data.samples_per_epoch=16", "max_steps=4"]


def both_stages(runs: Path) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Checkpoints of a segmenter and a classifier trained on its candidates, and the lines of these candidates."""
    config, choices = compose("train", SEGMENTER)
    train(config | {"runs": str(runs)}, choices)
    (segmenter,) = (path.parent for path in runs.rglob("recipe.yaml"))
    propose(*compose("propose", [f"segmenter={segmenter}"]))
    config, choices = compose("train", [*CLASSIFIER, f"segmenter={segmenter}"])
    train(config | {"runs": str(runs)}, choices)
    (classifier,) = (path.parent for path in runs.rglob("recipe.yaml") if path.parent != segmenter)
    checkpoints = [read(run / "checkpoints" / "best.ckpt") for run in (segmenter, classifier)]
    return *checkpoints, (segmenter / "candidates.csv").read_text().splitlines()


def scrambled(record: Record, seed: int) -> Record:
    """The same pixels with mitoses labelled elsewhere."""
    rng = np.random.default_rng(seed)
    places = rng.integers(20, min(record.size) - 20, size=(1 + seed % 4, 2))
    figures = tuple(MitoticFigure(place + np.argwhere(np.ones((9, 9))).astype(np.int32) - 4) for place in places)
    return replace(record, figures=figures, hard_negatives=np.zeros((0, 2)))


@pytest.mark.slow
def test_the_test_part_influences_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter, classifier, rows = both_stages(tmp_path / "true")
    original = Synthetic.records

    def records(self: Synthetic) -> list[Record]:
        test = {f"case{case:02d}" for case in (0, 5, 10)}  # fold 0: cases i of the training part with i mod 5 = 0
        found = original(self)
        touched.append(sum(record.case in test for record in found))
        return [scrambled(record, i) if record.case in test else record for i, record in enumerate(found)]

    touched: list[int] = []
    monkeypatch.setattr(Synthetic, "records", records)
    other_segmenter, other_classifier, other_rows = both_stages(tmp_path / "scrambled")

    assert set(touched) == {6}
    assert rows != other_rows  # the scrambling is real: it shows in the labels of the test part's candidates
    without_label = [[line.split(",")[:6] + line.split(",")[7:] for line in lines] for lines in (rows, other_rows)]
    assert without_label[0] == without_label[1]
    for one, other in ((segmenter, other_segmenter), (classifier, other_classifier)):
        assert one["chosen"] == other["chosen"]
        assert "threshold" in one["chosen"]
        assert one["state_dict"].keys() == other["state_dict"].keys()
        assert all(torch.equal(value, other["state_dict"][name]) for name, value in one["state_dict"].items())
    assert segmenter["callbacks"]["RunCheckpoint"]["scores"]["val/ap"] > 0  # it proposes something worth choosing from
