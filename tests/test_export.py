"""Networks as ONNX files: the same probabilities as torch, in onnxruntime, at any batch and size."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from refused import refused
from torch import Tensor, nn
from torch.nn import functional

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.onnx_file import FILE, as_onnx, check_installed, export_cascade
from mitosis.model.segmenter import check_sides
from mitosis.run.trained import Trained

runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
NAMES = ["segmenter-0.onnx", "classifier-0.onnx"]
STAIN = {"stain": {"_target_": "mitosis.stain.none.NoStain"}}
TILING = {"mpp": 0.5, "window": 64, "overlap": 16, "blend": "mean", "batch": 2, "max_pixels": 10**7}
CANDIDATE = {"threshold": 0.1, "recall": 0.95, "min_area_um2": 6.25}


class Crops(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.2, 0.1]).view(1, 3, 1, 1))
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.SiLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Linear(4, 2)

    def forward(self, crops: Tensor) -> Tensor:
        return self.head(self.net((crops - self.mean) / self.std).flatten(1))


class Maps(nn.Module):
    stride = 4

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 4, 3, stride=4, padding=1), nn.Conv2d(4, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        check_sides(image, self.stride)
        return functional.interpolate(self.up(self.down(image).relu()), scale_factor=4.0, mode="bilinear")


class Bessel(nn.Module):
    """ONNX has no such function."""

    stride = 1

    def forward(self, image: Tensor) -> Tensor:
        return torch.special.bessel_j0(image[:, :1])


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    torch.manual_seed(0)
    first = STAIN | {"stage": {"kind": "segmentation"}, "tiling": TILING, "candidate": CANDIDATE}
    second = STAIN | {
        "stage": {"kind": "classification"},
        "crop": {"side_um": 16.0, "pixels": 32, "border": "reflect"},
    }
    chosen: dict[str, Any] = {"threshold": 0.1, "window": 64}
    segmenter = Trained(Maps().eval, first, chosen, "a", 7, 0.25, Path("s"))
    return Cascade(segmenter, Trained(Crops().eval, second, {"threshold": 0.7}, "b", 9, 0.25, Path("c")))


@pytest.fixture(scope="module")
def exported(cascade: Cascade, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "onnx"
    tried = export_cascade(cascade, folder)
    assert list(tried) == NAMES
    assert all(one.difference <= 1e-3 and one.onnx_seconds > 0 for one in tried.values())
    return folder


def test_both_stages_run_in_onnxruntime_as_in_torch(cascade: Cascade, exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == sorted([*NAMES, FILE])
    generator = torch.Generator().manual_seed(5)
    for name, shape in zip(NAMES, ((3, 3, 64, 96), (5, 3, 32, 32)), strict=True):
        images = torch.rand(shape, generator=generator)
        model = cascade.segmenter.model if name.startswith("seg") else cascade.classifiers[0].model
        with torch.inference_mode():
            logits = model(images)
        expected = logits.sigmoid() if name.startswith("seg") else logits.softmax(1)[:, 1]
        session = runtime.InferenceSession(exported / name)
        (got,) = session.run(["probability"], {"image": images.numpy()})
        assert got.shape == tuple(expected.shape)
        assert np.abs(got - expected.numpy()).max() < 1e-4


def test_the_json_says_what_to_put_in_and_what_comes_out(exported: Path) -> None:
    facts = json.loads((exported / FILE).read_text())
    assert (facts["threshold"], facts["window"], facts["stain"]) == (0.7, 64, STAIN["stain"])
    assert facts["candidate"]["chosen"] == 0.1
    first, second = facts["networks"]
    assert first["input"]["image"]["mpp"] == 0.5
    assert first["input"]["image"]["multiple_of"] == 4
    assert second["input"]["image"]["crop"] == {"side_um": 16.0, "pixels": 32, "border": "reflect"}
    moments = second["input"]["image"]["normalised_inside_with"]
    assert moments["mean"] == pytest.approx([0.5, 0.4, 0.3])


def test_a_network_that_onnx_cannot_express_is_one_line(cascade: Cascade, tmp_path: Path) -> None:
    broken = replace(cascade.segmenter, make=Bessel().eval, path=Path("a/bessel.ckpt"))
    said = refused(lambda: as_onnx(broken, "segmenter-0.onnx"))
    assert said.startswith("a/bessel.ckpt: the network cannot be written as segmenter-0.onnx (")
    assert "\n" not in said


def test_a_file_that_differs_is_not_written(cascade: Cascade, exported: Path, tmp_path: Path, monkeypatch) -> None:
    other = (exported / NAMES[1]).read_bytes()
    monkeypatch.setattr("mitosis.cascade.onnx_file.as_onnx", lambda *_: other)
    alone = Cascade(cascade.segmenters, replace(cascade.classifiers[0], make=Crops().eval))
    monkeypatch.setattr(alone, "segmenters", ())
    assert "classifier-0.onnx differs from torch by" in refused(lambda: export_cascade(alone, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_without_its_packages_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mitosis.cascade.onnx_file.NEEDED", ("onnx", "nothing_of_this_name"))
    assert "pip install 'mitosis-cascade[export]'" in refused(check_installed)


def test_the_command_checks_what_is_typed(cli: Callable[..., Any], tmp_path: Path) -> None:
    ended = cli("export", "output=out", "weights=shipped", "segmenter=RUN")
    assert "weights=shipped and segmenter=RUN: give one of them" in ended.err
    ended = cli("export", "output=out", "weights=nowhere")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "nowhere: no cascade.json there" in ended.err
