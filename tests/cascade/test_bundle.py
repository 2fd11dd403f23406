"""A cascade in one folder: what is written is what is read, in half precision; broken folders are refused by name."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from refused import refused
from torch import Tensor, nn
from two_stages import Redness, SteepDarkness, write_runs

from mitosis.cascade.bundle import load_cascade, read_bundle, write_bundle
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.cost import cost
from mitosis.cascade.decision import Decision, OperatingPoint
from mitosis.run.member import patients_in
from mitosis.run.trained import Trained

POINTS = {
    "balanced": OperatingPoint(0.5, 0.8, 0.7, 0.75, 3.0),
    "high_recall": OperatingPoint(0.2, 0.5, 0.9, 0.64, 9.0),
    "high_precision": OperatingPoint(0.8, 0.9, 0.4, 0.55, 1.0),
}


class Dark(nn.Module):
    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(60.1))
        self.register_buffer("variance", torch.tensor([1.0, 1e-12]))
        self.register_buffer("count", torch.tensor(3))
        self.register_buffer("kernel", torch.tensor([[1.0, 1e-12]]))

    def forward(self, image: Tensor) -> Tensor:
        return self.gain * (0.45 - image.mean(dim=1, keepdim=True))


class Red(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(20.0))

    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops.mean(dim=(2, 3)).unbind(dim=1)
        logit = self.gain * (red - blue)
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


@pytest.fixture
def cascade(monkeypatch: pytest.MonkeyPatch) -> Cascade:
    monkeypatch.setenv("MITOSIS_TRUST", __name__.split(".")[0])
    stain = {"stain": {"_target_": "mitosis.stain.none.NoStain"}}
    first = stain | {
        "stage": {"kind": "segmentation"},
        "model": {"_target_": f"{__name__}.Dark"},
        "tiling": {"mpp": 0.5, "window": "auto", "overlap": 32, "blend": "mean", "batch": 2, "max_pixels": 10**7},
        "candidate": {"threshold": 0.1, "recall": 0.95, "min_area_um2": 6.25},
    }
    second = stain | {
        "stage": {"kind": "classification"},
        "model": {"_target_": f"{__name__}.Red"},
        "crop": {"side_um": 16.0, "pixels": 64, "border": "reflect"},
    }
    chosen = {"threshold": 0.1, "window": 256}
    segmenters = [Trained(Dark().eval, first, chosen, "a", 7, 0.25, Path("s")) for _ in range(2)]
    classifier = Trained(Red().eval, second, {"threshold": 0.5}, "b", 9, 0.25, Path("c"), {"train": ["f"], "val": []})
    decision = Decision((0.1, 0.5, 0.6), 8, POINTS, POINTS["balanced"], "a rule")
    return Cascade(segmenters, classifier, decision=decision)


def test_it_finds_what_it_found_before(cascade: Cascade, tmp_path: Path) -> None:
    image = np.full((200, 260, 3), 230, np.uint8)
    image[50:70, 80:100] = (90, 20, 40)
    image[120:140, 200:220] = (40, 20, 90)
    write_bundle(tmp_path / "weights", cascade, {"data": "drawn"})
    read = read_bundle(tmp_path / "weights")
    assert read.decision == cascade.decision
    assert [len(read.segmenters), len(read.classifiers)] == [2, 1]
    assert (read.segmenter.chosen, read.segmenter.steps, read.segmenter.mpp) == (
        {"threshold": 0.1, "window": 256},
        7,
        0.25,
    )
    assert read.classifiers[0].fields == {"train": ["f"], "val": []}
    before, after = cascade(image, mpp=0.25), read(image, mpp=0.25)
    assert len(before.points) == 2
    assert after.points == pytest.approx(before.points, abs=0.05)
    assert after.scores == pytest.approx(before.scores, abs=1e-3)


def test_the_patients_of_the_training_are_named_or_it_says_so(cascade: Cascade, tmp_path: Path) -> None:
    write_bundle(tmp_path / "a", cascade, {"patients": ["mitos-00", "gzmh:7"]})
    assert patients_in(tmp_path / "a") == {"mitos-00", "gzmh:7"}
    write_bundle(tmp_path / "b", cascade, {})
    assert "does not name the patients of the training" in refused(lambda: patients_in(tmp_path / "b"))


def test_half_precision_except_where_it_would_lose_a_value(cascade: Cascade, tmp_path: Path) -> None:
    write_bundle(tmp_path, cascade, {})
    state = read_bundle(tmp_path).segmenter.model.state_dict()
    assert state["gain"].item() == pytest.approx(60.1, rel=1e-3)
    assert state["gain"].item() != torch.tensor(60.1).item()
    assert state["variance"].tolist() == torch.tensor([1.0, 1e-12]).tolist()
    assert state["count"].item() == 3
    assert state["kernel"].tolist() == [[1.0, 0.0]], "a weight of a kernel may become 0"


def test_another_point_moves_the_threshold(cascade: Cascade, tmp_path: Path) -> None:
    write_bundle(tmp_path, cascade, {})
    read = read_bundle(tmp_path)
    read.use("high_recall")
    assert read.threshold == 0.2
    assert "point=best: choose one of balanced, high_recall, high_precision" in refused(lambda: read.use("best"))


class Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


def test_broken_folders_are_named(cascade: Cascade, tmp_path: Path) -> None:
    assert "no cascade.json there" in refused(lambda: read_bundle(tmp_path / "nothing"))
    write_bundle(tmp_path, cascade, {})
    weights, table = tmp_path / "segmenter-1.safetensors", tmp_path / "cascade.json"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-3])
    assert "segmenter-1.safetensors is not a readable safetensors file" in refused(lambda: read_bundle(tmp_path))
    weights.write_bytes(pickle.dumps(Trap(str(tmp_path / "was-run"))))
    assert "segmenter-1.safetensors is not a readable safetensors file" in refused(lambda: read_bundle(tmp_path))
    assert not (tmp_path / "was-run").exists()
    weights.unlink()
    assert "segmenter-1.safetensors" in refused(lambda: read_bundle(tmp_path))
    table.write_text(json.dumps(json.loads(table.read_text()) | {"format": 1}))
    said = refused(lambda: read_bundle(tmp_path))
    assert said.endswith("has format 1; this version reads format 2; make it anew with python -m mitosis.combine")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(networks=7), "lists no segmenter"),
        (lambda c: c["networks"].insert(0, 7), "lists a network that is no table"),
        (lambda c: c["networks"][0].pop("mpp"), "lists a network without mpp"),
        (lambda c: c["networks"][0].update(file="../segmenter-0.safetensors"), "is no file beside it"),
        (lambda c: c["networks"][0].update(file="/etc/hostname"), "is no file beside it"),
        (lambda c: c["networks"][0].update(stage="third"), "is of stage third"),
        (lambda c: c["networks"][0].update(stage="classifier"), "is listed as a classifier, which it is not"),
        (lambda c: c["networks"][0].update(mpp=0), "its mpp is 0.0"),
        (lambda c: c["networks"][0].update(mpp="quarter"), "its mpp is 'quarter', not a number"),
        (lambda c: c["networks"][0].update(steps="many"), "its steps is 'many'"),
        (lambda c: c["networks"][0].update(fields={"train": 3, "val": []}), "its fields are no lists"),
        (lambda c: c["networks"][0].update(chosen={"threshold": 2}), "a threshold lies between 0 and 1"),
        (lambda c: c["networks"][0].update(chosen={"threshold": 0.1, "window": 10**9}), "chosen.window is 1000000000"),
        (lambda c: c["networks"][0]["recipe"]["tiling"].update(batch="many"), "tiling.batch='many'"),
        (lambda c: c["networks"][0]["recipe"]["tiling"].update(window=10**9), "its tiling.window is 1000000000"),
        (lambda c: c["networks"][0]["recipe"]["candidate"].pop("recall"), "lacks candidate.recall"),
        (lambda c: c["networks"][0]["recipe"].pop("candidate"), "has no table candidate"),
        (lambda c: c["networks"][0]["recipe"].update(model=7), "it has no recipe"),
        (
            lambda c: c["networks"][0]["recipe"].update(model={"_target_": "os.mkdir", "path": "x"}),
            "os.mkdir may not be",
        ),
        (
            lambda c: c["networks"][0]["recipe"].update(stain={"_target_": "os.mkdir", "path": "x"}),
            "os.mkdir may not be",
        ),
        (lambda c: c["networks"][2]["recipe"]["crop"].update(pixels=10**9), "its crop.pixels is 1000000000"),
        (lambda c: c.update(decision=7), "its decision cannot be used"),
        (lambda c: c["decision"]["points"].pop("balanced"), "no point is balanced"),
        (lambda c: c["decision"]["points"]["balanced"].update(threshold=7), "a threshold lies outside"),
        (lambda c: c["decision"].update(coefficients=[1, 2]), "its decision cannot be used"),
        (lambda c: c["decision"].update(symmetries=3), "symmetries are out of range"),
    ],
)
def test_a_strangers_table_is_checked(cascade: Cascade, tmp_path: Path, change, said: str) -> None:
    write_bundle(tmp_path, cascade, {})
    table = tmp_path / "cascade.json"
    content = json.loads(table.read_text())
    change(content)
    table.write_text(json.dumps(content))
    assert said in refused(lambda: read_bundle(tmp_path).build())


def test_a_table_of_another_kind_or_nested_without_end_is_named(tmp_path: Path) -> None:
    for text in ("[1, 2]", "7", "[" * 100_000, '{"a":' * 100_000, "\xff"):
        (tmp_path / "cascade.json").write_text(text, encoding="latin-1")
        assert "cascade.json is not" in refused(lambda: read_bundle(tmp_path))


def test_weights_that_are_nan_are_named(cascade: Cascade, tmp_path: Path) -> None:
    torch.nn.init.constant_(cascade.segmenters[1].model.get_parameter("gain"), float("nan"))
    write_bundle(tmp_path, cascade, {})
    said = refused(lambda: read_bundle(tmp_path))
    assert "segmenter-1.safetensors: its weight gain is nan or infinite" in said


def test_a_run_takes_the_place_of_stage_two(cascade: Cascade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITOSIS_TRUST", f"{__name__.split('.')[0]},two_stages")
    write_bundle(tmp_path / "weights", cascade, {})
    segmenter, classifier = write_runs(tmp_path, SteepDarkness, window=64, overlap=16)
    chosen = load_cascade(tmp_path / "weights", classifier=classifier.partition("=")[2])
    assert [type(one.model) for one in chosen.classifiers] == [Redness]
    assert len(chosen.segmenters) == 2
    assert chosen.threshold == 0.5, "the decision stays"
    assert "(a rule; measured with another stage two)" in cost(chosen)
    wrong = segmenter.partition("=")[2]
    said = refused(lambda: load_cascade(tmp_path / "weights", classifier=wrong))
    assert f"classifier={wrong} is a segmenter's" in said
    assert load_cascade(segmenter=wrong).classifiers == ()
    assert "give one of them" in refused(lambda: load_cascade("shipped", wrong))
    monkeypatch.chdir(tmp_path)
    for number in ({"weights": 5}, {"segmenter": 5}, {"classifier": 5}):  # as a yaml reads a folder's name
        assert "5" in refused(lambda number=number: load_cascade(**number))
