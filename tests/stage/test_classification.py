"""Stage two: scores of candidates, and of fields without candidates."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mitosis.errors import InputError
from mitosis.inference.scores import logits_of
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.scheduler.constant import constant_schedule
from mitosis.stage.classification import ClassificationStage


class Brightness(nn.Module):
    """Classifies bright crops as mitoses."""

    def forward(self, image: Tensor) -> Tensor:
        bright = image.mean(dim=(1, 2, 3))
        return torch.stack([1 - bright, bright], dim=1) * 10


def stage_of(model: nn.Module) -> ClassificationStage:
    metric = DetectionMetric(Matching("rule", 5.0, "um", True, "optimal"))
    return ClassificationStage(
        model, nn.CrossEntropyLoss(), metric, partial(torch.optim.SGD, lr=0.1), constant_schedule
    ).eval()


def field_of(*bright: float, labels: list[int], truths: list[list[float]]) -> dict[str, Any]:
    """Candidates of uniform brightness, ten pixels apart in a row."""
    images = torch.tensor(bright).view(-1, 1, 1, 1).expand(-1, 3, 8, 8).clone()
    points = torch.tensor([[10.0 * i, 0] for i in range(len(bright))], dtype=torch.float64).reshape(-1, 2)
    return {
        "field": "f",
        "images": images,
        "points": points,
        "labels": torch.tensor(labels, dtype=torch.int64),
        "mpp": 0.25,
        "centroids": torch.tensor(truths, dtype=torch.float64).reshape(-1, 2),
    }


@torch.no_grad()
def test_scores_every_candidate() -> None:
    field = field_of(1.0, 0.0, 0.5, labels=[1, 0, -1], truths=[[0, 0]])
    points, scores, loss = stage_of(Brightness()).detect(field)
    assert torch.equal(points, field["points"])
    assert scores.tolist() == pytest.approx([1 / (1 + 2.718281828**-10), 1 / (1 + 2.718281828**10), 0.5])
    assert float(loss) == pytest.approx(4.54e-5, rel=1e-2)  # the further part of a mitosis, at log 2, stays out of it


@torch.no_grad()
@pytest.mark.parametrize(("bright", "labels"), [((), []), ((0.3, 0.4), [-1, -1])])
def test_fields_without_labels_have_no_loss(bright: tuple[float, ...], labels: list[int]) -> None:
    stage = stage_of(Brightness())
    field = field_of(*bright, labels=labels, truths=[[500, 500]])
    points, scores, loss = stage.detect(field)
    assert points.shape == (len(bright), 2)
    assert scores.shape == (len(bright),)
    assert float(loss) == 0
    stage.detection.update(points, scores, field["centroids"], mpp=0.25, field="f")
    assert float(stage.detection.compute()["ap"]) == 0  # the mitosis that stage one missed counts


@torch.no_grad()
@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_the_batch_size_changes_nothing(count: int) -> None:
    images = torch.rand(count, 3, 8, 8)
    logits = logits_of(Brightness(), images, batch=4)
    assert logits.shape == (count, 2)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, Brightness()(images))


@torch.no_grad()
def test_a_batch_has_one_of_few_sizes() -> None:
    sizes = []
    model = Brightness()
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    logits_of(model, torch.rand(15, 3, 8, 8), batch=4)
    assert sizes == [4, 4, 4, 2, 1]


@torch.no_grad()
def test_scores_are_computed_in_32_bits() -> None:
    model, images = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2)), torch.rand(5, 3, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert not torch.equal(model(images).float(), logits_of(model, images))
        mixed = logits_of(model, images)
    assert torch.equal(mixed, logits_of(model, images))


@torch.no_grad()
def test_a_network_that_outputs_nan_is_refused() -> None:
    class Lost(Brightness):
        def forward(self, image: Tensor) -> Tensor:
            return super().forward(image) / 0

    with pytest.raises(InputError, match="the prediction became nan or infinite"):
        stage_of(Lost()).detect(field_of(0.3, labels=[1], truths=[[0, 0]]))


def test_the_loss_sees_logits_and_labels() -> None:
    images, labels = torch.rand(5, 3, 8, 8), torch.tensor([0, 1, 1, 0, 1])
    expected = nn.functional.cross_entropy(Brightness()(images), labels)
    assert torch.allclose(stage_of(Brightness()).batch_loss({"image": images, "label": labels}), expected)
