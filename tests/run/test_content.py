"""Initial weights and candidates are known by their content, not by their names or times."""

from pathlib import Path

import pytest
import torch
import yaml
from refused import refused

from mitosis.cli.compose import compose
from mitosis.files import digest, write_json
from mitosis.run.checkpoint import write
from mitosis.run.content import initial_weights, same_inputs, tensors
from mitosis.run.name import recipe_of
from mitosis.run.run import run_of


def test_only_the_tensors_of_a_checkpoint_count(tmp_path: Path) -> None:
    weights = {"a": torch.arange(4.0), "b": torch.ones(2, 3)}
    contents = [
        {"state_dict": weights, "seconds": 1.5},
        {"state_dict": {name: value.clone() for name, value in weights.items()}, "seconds": 99.25, "chosen": {"t": 1}},
        {"state_dict": weights | {"a": torch.tensor([0.0, 1, 2, 4])}, "seconds": 1.5},
    ]
    for number, content in enumerate(contents):
        write(content, tmp_path / f"{number}.ckpt")
    first, same, other = (tensors(tmp_path / f"{number}.ckpt") for number in range(3))
    assert first == same != other
    (tmp_path / "text").write_text("no archive")
    assert tensors(tmp_path / "text") == digest(tmp_path / "text")


def test_initial_weights_are_found_in_runs_and_files(tmp_path: Path) -> None:
    write({"w": torch.ones(3)}, tmp_path / "run" / "checkpoints" / "best.ckpt")
    (tmp_path / "w.pth").write_bytes(b"weights")
    found = initial_weights({"init": str(tmp_path / "run"), "model": {"weights": str(tmp_path / "w.pth")}})
    best = tensors(tmp_path / "run" / "checkpoints" / "best.ckpt")
    assert found == {"init": best, "model.weights": digest(tmp_path / "w.pth")}
    assert initial_weights({"init": str(tmp_path / "gone"), "model": {"weights": None}}) == {}


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({}, {}, True),
        ({"s": "1"}, {"s": "1"}, True),
        ({"s": "1"}, {"s": "2"}, False),
        ({"s": "1"}, {}, False),
        ({"s": "1"}, {"s": "1", "init": "2"}, True),  # an earlier version did not record it
        ({"s": "1", "init": "2"}, {"s": "1"}, True),  # the file is gone
        ({"init": "1"}, {"init": "2"}, False),
        ({"model.weights": "1"}, {"model.weights": "2"}, False),
    ],
)
def test_inputs_are_the_same_where_they_are_known(then: dict, now: dict, same: bool) -> None:
    assert same_inputs(then, now) is same


def test_candidates_of_earlier_weights_are_refused(tmp_path: Path) -> None:
    segmenter = tmp_path / "fold-0"
    config, choices = compose("train", ["data=synthetic", "fold=0", "stain=none"])
    write({"w": torch.ones(3)}, segmenter / "checkpoints" / "best.ckpt")
    (segmenter / "recipe.yaml").write_text(yaml.safe_dump({"name": choices.name} | recipe_of(config)))
    (segmenter / "candidates.csv").write_text("field\n")
    names = ("checkpoints/best.ckpt", "candidates.csv")
    write_json(segmenter / "proposal.json", {"digests": {name: digest(segmenter / name) for name in names}})

    def second():
        given = ["model=resnet34", "data=synthetic", "fold=0", "stain=none", f"segmenter={segmenter}"]
        return run_of(*compose("train", given))

    assert list(second().inputs.values()) == [digest(segmenter / "candidates.csv")]
    write({"w": torch.zeros(3)}, segmenter / "checkpoints" / "best.ckpt")
    assert "is not that of its present weights; type python -m mitosis.propose" in refused(second)
