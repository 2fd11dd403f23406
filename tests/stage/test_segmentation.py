"""Stage one: detections from a probability map, and fields without mitoses."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mitosis.errors import InputError
from mitosis.image.mask_value import IGNORED
from mitosis.inference.components import CandidateSettings
from mitosis.inference.scores import probability_of
from mitosis.inference.sliding_window import Tiling
from mitosis.loss.bce import BCE
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric
from mitosis.scheduler.constant import constant_schedule
from mitosis.stage.segmentation import SegmentationStage

MPP = 0.25


class Painted(nn.Module):
    """Predicts the red channel as the mask."""

    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        return (image[:, :1] - 0.5) * 20


def parts(model: nn.Module) -> tuple[Any, ...]:
    """The arguments that both stages share."""
    detection = DetectionMetric(Matching("rule", 5.0, "um", True, "optimal"))
    return model, nn.BCEWithLogitsLoss(), detection, partial(torch.optim.SGD, lr=0.1), constant_schedule


def stage_of(
    model: nn.Module, mpp: float | None = None, window: int | None = 64, min_area_um2: float = 0.0
) -> SegmentationStage:
    tiling = Tiling(mpp=mpp, window="auto", overlap=16, blend="weighted", batch=3, max_pixels=10**6)
    return SegmentationStage(
        *parts(model),
        pixel=PixelMetric(),
        tiling=tiling,
        window=window,
        candidate=CandidateSettings("auto", 0.95, min_area_um2),
    ).eval()


def field_of(*squares: tuple[int, int, int], size: tuple[int, int] = (150, 171), name: str = "f") -> dict[str, Any]:
    """A field painted red in squares of (x, y, side), each one a mitosis."""
    mask = torch.zeros(1, *size)
    for x, y, side in squares:
        mask[0, y : y + side, x : x + side] = 1
    centres = [(x + (side - 1) / 2, y + (side - 1) / 2) for x, y, side in squares]
    return {
        "field": name,
        "image": torch.cat([mask, torch.zeros(2, *size)]),
        "mask": mask,
        "mpp": MPP,
        "centroids": torch.tensor(centres, dtype=torch.float64).reshape(-1, 2),
    }


@torch.no_grad()
@pytest.mark.parametrize("window", [None, 64])
def test_at_half_the_resolution_it_predicts_in_the_fields_own_frame(window: int | None) -> None:
    field = field_of((16, 32, 16), (100, 60, 24), size=(150, 172))
    stage = stage_of(Painted(), mpp=2 * MPP, window=window)
    points, _, loss = stage.detect(field)
    np.testing.assert_allclose(sorted(points.tolist()), [[23.5, 39.5], [111.5, 71.5]], atol=0.3)
    assert stage.pixel.compute()["iou"] > 0.85
    assert loss.isfinite()


@torch.no_grad()
def test_a_perfect_network_scores_perfectly() -> None:
    stage = stage_of(Painted())
    for field in (field_of((10, 20, 8), (100, 60, 9)), field_of((140, 141, 9), name="corner"), field_of(name="none")):
        points, scores, loss = stage.detect(field)
        assert torch.allclose(points[points[:, 0].argsort()], field["centroids"], atol=4.5)  # at the edge, 4 px off
        assert (scores > 0.3).all()  # a square of 8 px smoothed by σ 4 px
        assert loss < 1e-3
        stage.detection.update(points, scores, field["centroids"], mpp=MPP, field=field["field"])
    found = {name: float(value) for name, value in stage.detection.compute().items()}
    assert found["ap"] == found["f1"] == found["precision"] == found["recall"] == 1
    assert {float(value) for value in stage.pixel.compute().values()} == {1.0}


@torch.no_grad()
def test_the_tiling_may_come_as_plain_data() -> None:
    tiling = {"mpp": 2 * MPP, "window": "auto", "overlap": 16, "blend": "mean", "batch": 3, "max_pixels": 10**6}
    stage = SegmentationStage(
        *parts(Painted()), pixel=PixelMetric(), tiling=tiling, window=64, candidate=CandidateSettings("auto", 0.95, 0.0)
    )
    field, expected = field_of((16, 32, 16)), stage_of(Painted(), mpp=2 * MPP)
    assert torch.equal(stage.detect(field)[0], expected.detect(field)[0])


@torch.no_grad()
def test_only_the_highest_maxima_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SegmentationStage, "SCORED", 2)
    field = field_of((10, 20, 8), (100, 60, 9), (50, 100, 7))
    points, scores, _ = stage_of(Painted()).detect(field)
    assert len(points) == 2
    assert points.round().tolist() == [[104, 64], [13, 24]]  # the largest square has the highest smoothed maximum
    assert (np.diff(scores.numpy()) <= 0).all()


@torch.no_grad()
def test_without_any_mitosis_the_score_is_undefined() -> None:
    stage = stage_of(Painted())
    field = field_of()
    stage.detection.update(*stage.detect(field)[:2], field["centroids"], mpp=MPP, field="f")
    assert math.isnan(stage.detection.compute()["ap"])


@torch.no_grad()
def test_a_network_that_outputs_nan_is_refused() -> None:
    class Lost(Painted):
        def forward(self, image: Tensor) -> Tensor:
            return super().forward(image) * math.nan

    with pytest.raises(InputError, match="the prediction became nan or infinite"):
        stage_of(Lost()).detect(field_of((10, 20, 8)))


def test_the_loss_sees_logits_and_mask() -> None:
    stage = stage_of(Painted())
    image, mask = torch.rand(2, 3, 16, 16), (torch.rand(2, 1, 16, 16) > 0.5).float()
    expected = nn.functional.binary_cross_entropy_with_logits((image[:, :1] - 0.5) * 20, mask)
    assert torch.allclose(stage.batch_loss({"image": image, "mask": mask}), expected)


@torch.no_grad()
def test_detections_in_a_ring_are_not_counted() -> None:
    field = field_of((10, 20, 8), (100, 60, 9))
    expected = stage_of(Painted()).detect(field)
    field["image"][0, 18:20, 8:20] = 1  # predicted beside the mitosis
    field["mask"][0, 15:33, 5:23] = field["mask"][0, 15:33, 5:23].where(field["mask"][0, 15:33, 5:23] == 1, IGNORED)
    stage = stage_of(Painted())
    stage.loss = BCE()
    _, _, loss = stage.detect(field)
    assert {float(value) for value in stage.pixel.compute().values()} == {1.0}
    torch.testing.assert_close(loss, expected[2])


def test_maps_are_computed_in_32_bits() -> None:
    model = nn.Conv2d(3, 1, 3, padding=1)
    model.stride = 8  # pyright: ignore
    image = torch.rand(3, 32, 32)

    def predict(net: Callable[[Tensor], Tensor], image: Tensor, stride: int) -> Tensor:
        with torch.inference_mode():
            return net(image[None])[0, 0]

    exact = probability_of(model, image, predict)
    with torch.autocast("cpu", torch.bfloat16):
        assert not torch.equal(model(image[None]).float().sigmoid()[0, 0], exact)
        assert torch.equal(probability_of(model, image, predict), exact)
