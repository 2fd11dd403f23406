import multiprocessing
import warnings
from math import isnan, nan
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mitosis.metric.counts import Counts
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching

PX5 = Matching("px5", 5.0, "px")


class Field(NamedTuple):
    """The arguments of ``DetectionMetric.update``."""

    points: np.ndarray
    scores: np.ndarray
    truths: np.ndarray
    mpp: float
    field: str


def field(name, detections, truths, mpp=0.25):
    """``detections``: (x, score) along y = 0; ``truths``: x."""
    points, truths = (np.array([[x, 0.0] for x in xs]).reshape(-1, 2) for xs in ([x for x, _ in detections], truths))
    return Field(points, np.array([score for _, score in detections]), truths, mpp, name)


def metric_of(fields, matching=PX5):
    metric = DetectionMetric(matching)
    for one in fields:
        metric.update(*one)
    return metric


TWO = [
    field("a", [(0, 0.9), (1, 0.8), (100, 0.8), (200, 0.1)], [0, 100]),
    field("empty", [(50, 0.95)], []),
    field("b", [(0, 0.5)], [0, 300]),
]


def test_counts_by_hand():
    assert metric_of(TWO).counts(0.96) == Counts(tp=0, fp=0, fn=4, predictions=0, truths=4)
    assert metric_of(TWO).counts(0.9) == Counts(tp=1, fp=1, fn=3, predictions=2, truths=4)
    assert metric_of(TWO).counts(0.8) == Counts(tp=2, fp=2, fn=2, predictions=4, truths=4)  # a second hit is false
    assert metric_of(TWO).counts(0.0) == Counts(tp=3, fp=3, fn=1, predictions=6, truths=4)


def test_metric_by_hand():
    result = metric_of(TWO).compute()
    assert result["ap"] == pytest.approx((1 / 2 + 2 / 4 + 3 / 5) / 4)  # precision at .9, .8 and .5
    assert result["threshold"] == 0.3  # halfway from .5 to .1
    assert (result["precision"], result["recall"], result["f1"]) == (3 / 5, 3 / 4, 6 / 9)


def test_ties_of_f1_go_to_the_largest_threshold():
    fields = [field("a", [(0, 0.9), (50, 0.6), (60, 0.6), (100, 0.6)], [0, 100])]  # F1 2/3 at .9 and at .6
    assert metric_of(fields).compute()["threshold"] == 0.75  # halfway from .9 to .6


def test_a_threshold_below_the_lowest_score_lies_halfway_to_zero():
    assert metric_of([field("a", [(0, 0.9)], [0])]).compute()["threshold"] == 0.45


def test_a_field_given_twice_counts_once():
    metric = metric_of([*TWO, TWO[0]])
    assert metric.counts(0.0) == metric_of(TWO).counts(0.0)
    assert metric.compute() == metric_of(TWO).compute()


def test_undefined_is_nan_and_no_detection_is_zero():
    def values(fields):
        return metric_of(fields).compute()

    assert all(isnan(value) for value in values([field("a", [], [])]).values())
    missed = values([field("a", [], [0])])
    assert (missed["ap"], missed["f1"], missed["recall"]) == (0, 0, 0)
    assert isnan(missed["precision"])
    assert isnan(missed["threshold"])
    false = values([field("a", [(0, 0.5)], [])])
    assert isnan(false["ap"])
    assert isnan(false["recall"])
    assert false["precision"] == false["f1"] == 0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.3, 0.7])), min_size=1, max_size=30))
def test_ap_equals_sklearns_where_no_matching_is_ambiguous(detections):
    right = [is_right for is_right, _ in detections]
    if not any(right):
        return
    scores = [score for _, score in detections]
    spots = [(100 * i, is_right, score) for i, (is_right, score) in enumerate(detections)]
    fields = [
        field(f"{k}", [(x, score) for x, _, score in spots[k::3]], [x for x, is_right, _ in spots[k::3] if is_right])
        for k in range(3)
    ]
    assert metric_of(fields).curve().average_precision == pytest.approx(average_precision_score(right, scores))


SPOT = st.integers(0, 12)
FIELDS = st.lists(
    st.tuples(st.lists(st.tuples(SPOT, st.sampled_from([0.2, 0.5, 0.6, 0.9])), max_size=8), st.lists(SPOT, max_size=6)),
    min_size=1,
    max_size=4,
).map(lambda rows: [field(f"field {i}", *row) for i, row in enumerate(rows)])
METHOD = st.sampled_from(["optimal", "greedy", "shared"]).map(lambda method: Matching("any", 3, "px", method=method))


@given(FIELDS, METHOD)
def test_curve_is_the_counts_at_each_score(fields, matching):
    metric = metric_of(fields, matching)
    found = metric.curve()
    assert found.thresholds.tolist() == sorted({s for one in fields for s in one.scores.tolist()}, reverse=True)
    points = [found.counts(index) for index in range(len(found.thresholds))]
    assert points == [metric.counts(threshold) for threshold in found.thresholds]


@given(FIELDS, METHOD, st.randoms())
def test_order_and_repetition_of_fields_and_order_of_detections_change_nothing(fields, matching, random):
    def shuffled(one):
        order = random.sample(range(len(one.scores)), len(one.scores))
        return one._replace(points=one.points[order], scores=one.scores[order])

    again = [shuffled(one) for one in random.sample(fields, len(fields))]
    expected = metric_of(fields, matching).compute()
    assert metric_of(again + fields[:2], matching).compute() == pytest.approx(expected, nan_ok=True, rel=0, abs=0)


@settings(max_examples=30)
@given(FIELDS)
def test_state_is_exact_in_any_dtype(fields):
    metric = DetectionMetric(PX5).set_dtype(torch.bfloat16)
    for one in fields:
        metric.update(one.points / 3, one.scores / 3, one.truths / 7, one.mpp, "é " + one.field)
    for kept, one in zip(metric._fields(), sorted(fields, key=lambda one: one.field), strict=True):
        assert kept.name == "é " + one.field
        assert kept.mpp == one.mpp
        assert np.array_equal(kept.points, one.points / 3)
        assert np.array_equal(kept.truths, one.truths / 7)
        assert np.array_equal(kept.scores, one.scores / 3)


def test_reset_and_batch_value():
    metric = metric_of(TWO)
    metric.reset()
    value = metric(TWO[0].points, TWO[0].scores, TWO[0].truths, 0.25, "a")  # forward: the value of this field alone
    assert value == metric_of(TWO[:1]).compute() == metric.compute()


def dots(i):
    points = np.arange(2.0 * i).reshape(i, 2)
    return Field(points, np.full(i, 1 / (i + 1)), np.zeros((1, 2)), 0.25, f"field {i}")


def rank_of_two(rank, store, answers):
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    whole = metric_of(dots(i) for i in ([0, 2, 4], [1, 3, 0])[rank])  # field 0 twice, as DistributedSampler repeats it
    uneven = metric_of([[dots(1)], []][rank])  # nothing at all on rank 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # compute before update
        answers.put((whole.compute(), uneven.compute(), len(whole._fields())))
    torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_two_ranks_with_unequal_fields_equal_one_rank(tmp_path):
    context = multiprocessing.get_context("fork")  # importing torchmetrics anew would take most of the test's time
    answers = context.Queue()
    ranks = [context.Process(target=rank_of_two, args=(rank, tmp_path / "store", answers)) for rank in range(2)]
    for process in ranks:
        process.start()
    try:
        expected = metric_of(map(dots, range(5))).compute(), metric_of([dots(1)]).compute(), 3
        assert [answers.get(timeout=500) for _ in ranks] == [expected, expected]
    finally:
        for process in ranks:
            process.join(10)
            process.kill()


def test_errors_name_the_field():
    metric = DetectionMetric(PX5)
    with pytest.raises(ValueError, match="A00_01: points"):
        metric.update(np.array([[0, np.nan]]), np.ones(1), np.zeros((0, 2)), 0.25, "A00_01")
    with pytest.raises(ValueError, match="A00_01: a score"):
        metric.update(np.zeros((1, 2)), np.array([np.nan]), np.zeros((0, 2)), 0.25, "A00_01")
    with pytest.raises(ValueError, match="A00_01: 1 points"):
        metric.update(np.zeros((1, 2)), np.ones(2), np.zeros((0, 2)), 0.25, "A00_01")
    with pytest.raises(ValueError, match="threshold"):
        metric_of(TWO).counts(nan)
