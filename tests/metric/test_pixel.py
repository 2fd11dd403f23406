from math import isnan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mitosis.metric.pixel import PixelMetric


def score(probability, mask):
    metric = PixelMetric()
    metric.update(probability, mask)
    return metric.compute()


def test_by_hand():
    probability = torch.tensor([[0.9, 0.5, 0.49, 0.0]])  # exactly 0.5 is predicted
    mask = torch.tensor([[1, 0, 1, 1]], dtype=torch.uint8)
    assert score(probability, mask) == {"precision": 1 / 2, "recall": 1 / 3, "f1": 2 / 5, "iou": 1 / 4}


def test_ignored_pixels_are_not_counted():
    probability = torch.tensor([[0.9, 0.5, 0.49, 0.0, 1.0, 0.0, 0.5]])
    mask = torch.tensor([[1, 0, 1, 1, 2, 2, 2]], dtype=torch.uint8)
    for kind in (torch.uint8, torch.float32):
        assert score(probability, mask.to(kind)) == {"precision": 1 / 2, "recall": 1 / 3, "f1": 2 / 5, "iou": 1 / 4}
    assert all(isnan(value) for value in score(torch.ones(3), torch.full((3,), 2)).values())


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_agrees_with_set_operations_over_several_updates(pixels):
    predicted, true = (torch.tensor(list(column)) for column in zip(*pixels, strict=True))
    metric = PixelMetric()
    for p, t in zip(predicted.float().split(7), true.split(7), strict=True):
        metric.update(p, t)
    said, there = set(predicted.nonzero().ravel().tolist()), set(true.nonzero().ravel().tolist())
    both, nan = len(said & there), float("nan")
    assert metric.compute() == pytest.approx(
        {
            "precision": both / len(said) if said else nan,
            "recall": both / len(there) if there else nan,
            "f1": 2 * both / (len(said) + len(there)) if said | there else nan,
            "iou": both / len(said | there) if said | there else nan,
        },
        nan_ok=True,
    )


def test_empty_field_is_undefined():
    assert all(isnan(value) for value in score(torch.zeros(4, 4), torch.zeros(4, 4)).values())


def test_counts_beyond_float32():
    metric = PixelMetric()
    metric.tp += 2**24
    metric.update(torch.ones(1), torch.ones(1))
    assert int(metric.tp) == 2**24 + 1


def test_refuses_broadcasting_shapes_and_nan():
    with pytest.raises(ValueError, match="shape"):
        score(torch.zeros(1, 4, 4), torch.zeros(4, 4))
    with pytest.raises(ValueError, match="nan"):
        score(torch.tensor([float("nan")]), torch.zeros(1))
