"""The choice of window and threshold from counts, and the labels of candidates, worked out by hand."""

from math import isnan, nan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mitosis.cascade.operating_point import THRESHOLDS, Trial, best_f1, best_trial, choose_threshold
from mitosis.cascade.proposal import labels_of
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.inference.components import extract
from mitosis.metric.counts import Counts


def square(left: int, top: int) -> np.ndarray:
    rows, columns = np.mgrid[top : top + 12, left : left + 12]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32)


def field(*figures: np.ndarray, side: int = 100) -> Field:
    record = Record("f", lambda: None, (side, side), 0.25, "c", "c", "drawn", tuple(map(MitoticFigure, figures)))
    return Field(record, np.zeros((side, side, 3), np.uint8), record.mask())


def test_best_trial_ties_and_nan():
    trials = [Trial(window, ap) for window, ap in ((256, nan), (512, 0.4), (1024, 0.7), ("whole", 0.7))]
    assert best_trial(trials).window == 1024
    assert best_trial(trials[:1]).window == 256
    assert best_trial([Trial(256, nan), Trial(512, 0.0)]).window == 512
    assert best_trial([Trial(256, nan), Trial(512, nan)]).window == 256


def counts(tp: int, truths: int) -> Counts:
    return Counts.of(tp, tp + 3, truths)


def test_choose_threshold_by_hand():
    found = {0.1: 18, 0.2: 19, 0.5: 19, 0.7: 18, 0.9: 2}
    of = {threshold: counts(tp, 20) for threshold, tp in found.items()}
    assert choose_threshold(of, 0.95) == 0.5  # 19 of 20 is enough
    assert choose_threshold(of, 0.951) == 0.5  # never reached: the highest there is
    assert choose_threshold(of, 0.1) == 0.9
    assert choose_threshold({0.2: counts(0, 5), 0.995: counts(0, 5)}, 0.95) == 0.5  # nothing is found: not the highest
    assert choose_threshold({0.2: counts(0, 0), 0.4: counts(0, 0)}, 0.95) == 0.5
    assert choose_threshold({}, 0.95) == 0.5


def test_best_f1_by_hand():
    found = {0.1: Counts.of(10, 30, 10), 0.5: Counts.of(8, 10, 10), 0.7: Counts.of(8, 10, 10), 0.9: Counts.of(2, 2, 10)}
    assert best_f1(found) == 0.7  # F1 .5, .8, .8 and .33: the larger of equals
    assert best_f1(dict(reversed(found.items()))) == 0.7
    assert best_f1({0.2: Counts.of(0, 0, 0), 0.3: Counts.of(0, 1, 0)}) == 0.5  # nothing is right
    assert best_f1({0.2: Counts.of(0, 0, 0)}) == best_f1({}) == 0.5


@given(
    st.integers(0, 12).flatmap(
        lambda truths: st.dictionaries(
            st.sampled_from(THRESHOLDS), st.integers(0, truths).map(lambda tp: counts(tp, truths)), min_size=1
        )
    ),
    st.floats(0, 1),
)
def test_choose_threshold(of, wanted):
    threshold = choose_threshold(of, wanted)
    recalls = {key: value.recall for key, value in of.items()}
    if isnan(next(iter(recalls.values()))) or not any(recalls.values()):
        assert threshold == 0.5
        return
    higher = [recall for key, recall in recalls.items() if key > threshold]
    if recalls[threshold] >= wanted:
        assert all(recall < wanted for recall in higher)
    else:
        assert all(recall <= recalls[threshold] for recall in recalls.values())
        assert all(recall < recalls[threshold] for recall in higher)


def test_labels_of_an_anaphase_a_second_part_and_an_unrelated_candidate():
    anaphase = np.concatenate([square(20, 20), square(36, 20)])  # two plates, centroid between them
    probability = np.zeros((100, 100), np.float32)
    for left, top in ((20, 20), (36, 20), (80, 80)):
        probability[top : top + 12, left : left + 12] = 0.9
    found = extract(probability, threshold=0.5, min_area_um2=6.25, mpp=0.25)
    labels = labels_of(found, field(anaphase))
    assert dict(zip(found.points[:, 0], labels, strict=True)).keys() == {25.5, 41.5, 85.5}
    assert sorted(labels[found.points[:, 0] < 80]) == [-1, 1]
    assert labels[found.points[:, 0] > 80] == [0]


def test_labels_use_5_um_independently_of_the_scoring_rule():
    # 5 µm are 20 pixels: a candidate 20 away is the mitosis, one 21 away is none.
    probability = np.zeros((100, 100), np.float32)
    probability[40:52, 10:22] = 0.9
    found = extract(probability, threshold=0.5, min_area_um2=6.25, mpp=0.25)
    assert labels_of(found, field(square(30, 40))).tolist() == [1]
    assert labels_of(found, field(square(31, 40))).tolist() == [0]
    assert labels_of(found, field()).tolist() == [0]
    empty = extract(np.zeros((100, 100), np.float32), threshold=0.5, min_area_um2=6.25, mpp=0.25)
    assert labels_of(empty, field(square(30, 40))).shape == (0,)


def test_the_nearer_of_two_candidates_is_matched():
    probability = np.zeros((100, 100), np.float32)
    probability[40:52, 22:34] = probability[40:52, 38:50] = 0.9
    found = extract(probability, threshold=0.5, min_area_um2=6.25, mpp=0.25)
    truth = square(26, 40)
    labels = dict(zip(found.points[:, 0], labels_of(found, field(truth)), strict=True))
    assert labels == {27.5: 1, 43.5: -1}
    both = dict(zip(found.points[:, 0], labels_of(found, field(truth, square(50, 40))), strict=True))
    assert both == {27.5: 1, 43.5: 1}
