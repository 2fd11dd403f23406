from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from plain_matching import plain_pairs
from sklearn.neighbors import BallTree

from mitosis.errors import InputError
from mitosis.metric.matching import Matching

CONF = Path(__file__).parents[2] / "conf" / "matching"
POINT = st.tuples(st.integers(0, 8), st.integers(0, 8))


def points(size):
    return st.lists(POINT, max_size=size).map(lambda rows: np.array(rows, dtype=float).reshape(-1, 2))


def rule(name):
    given = OmegaConf.to_container(OmegaConf.load(CONF / f"{name}.yaml"))
    assert given.pop("_target_") == "mitosis.metric.Matching"
    return Matching(**given)


def at(*xs):
    return np.array([[x, 0.0] for x in xs]).reshape(-1, 2)


def counts(pairs):
    return pairs.tp, pairs.fp, pairs.fn


@pytest.mark.parametrize("path", sorted(CONF.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_yaml_is_a_rule_named_after_its_file(path):
    assert rule(path.stem).name == path.stem


@pytest.mark.parametrize(
    ("name", "mpp", "hit", "miss"),
    [
        ("icpr2012", 0.25, 20.0, 20.001),
        ("icpr2012", 0.2456, 20.358, 20.359),
        ("px20", 0.25, 19.999, 20.0),
        ("px20", 1.0, 19.999, 20.0),
        ("px30", 0.25, 29.999, 30.0),
        ("mitos14", 0.25, 32.0, 32.001),
        ("tupac", 0.25, 30.0, 30.001),
        ("midog", 0.25, 30.0, 30.001),
        ("midog_optimal", 0.25, 30.0, 30.001),
        ("focasnet", 0.25, 19.999, 20.0),
    ],
)
def test_radius(name, mpp, hit, miss):
    for angle in (0.0, np.pi / 2, np.pi):
        direction = np.array([[round(np.cos(angle)), round(np.sin(angle))]])
        assert counts(rule(name)(hit * direction, at(0), mpp)) == (1, 0, 0)
        assert counts(rule(name)(miss * direction, at(0), mpp)) == (0, 1, 1)


def test_describe():
    line = "icpr2012: one to one, optimal, distance <= 5 µm (20.4 px at 0.2456 µm/px)"
    assert rule("icpr2012").describe(0.2456) == line
    assert rule("px20").describe(0.25) == "px20: one to one, optimal, distance < 20 px (5 µm at 0.25 µm/px)"
    assert "greedy in annotation order, distance <= 7.5 µm (30 px" in rule("midog").describe(0.25)
    assert "predictions not used up" in rule("focasnet").describe(0.25)


def test_a_second_detection_of_a_mitosis_is_a_false_positive():
    assert counts(rule("px20")(at(1, 2, 3), at(0), 0.25)) == (1, 2, 0)
    assert rule("px20")(at(3, 2, 1), at(0), 0.25).pairs.tolist() == [[2, 0]]


def test_greedy_misses_a_pair_that_optimal_finds():
    truths, predictions = at(10, 0), at(9, 39)  # the first truth takes what the second needs, though it has another
    assert counts(rule("midog")(predictions, truths, 0.25)) == (1, 1, 1)
    assert counts(rule("midog_optimal")(predictions, truths, 0.25)) == (2, 0, 0)
    assert counts(rule("midog")(predictions, truths[::-1], 0.25)) == (2, 0, 0)


def test_greedy_tie_does_not_depend_on_the_order_of_predictions():
    truths = at(0, 6)  # both predictions are 3 px from the first, one is as near to the second
    for predictions in (at(-3, 3), at(3, -3)):
        assert counts(Matching("any", 3, "px", method="greedy")(predictions, truths, 1)) == (2, 0, 0)


def test_a_shared_prediction_detects_two_and_precision_stays_at_one():
    assert counts(rule("focasnet")(at(5), at(0, 10), 0.25)) == (2, 0, 0)
    assert rule("focasnet")(at(5, 9), at(0, 10), 0.25).pairs.tolist() == [[0, 0], [1, 1]]
    assert counts(rule("focasnet")(at(5, 500), at(0, 1, 2), 0.25)) == (3, 0, 0)


@pytest.mark.parametrize("size", [2, 3, 50])
def test_more_pairs_beat_shorter_ones(size):
    """size - 1 pairs at 1 px would leave one unmatched; size pairs at 19 px leave none."""
    predictions, truths = at(*range(0, 20 * size, 20)), at(*range(19, 20 * size, 20))
    assert rule("px20")(predictions, truths, 1).pairs.tolist() == [[i, i] for i in range(size)]


@given(points(5), points(5), st.sampled_from([1.0, 2.0, 3.0, 5.0]), st.booleans())
def test_optimal_is_the_best_of_all_assignments(predictions, truths, radius, inclusive):
    matching = Matching("any", radius, "px", inclusive)
    got = matching(predictions, truths, 0.25).pairs
    distance = np.linalg.norm(predictions[:, None] - truths[None], axis=2)
    near = distance <= radius if inclusive else distance < radius
    few, many = sorted((len(predictions), len(truths)))
    short = few == len(predictions)
    best = (0, 0.0)
    for size in range(few + 1):
        for chosen in combinations(range(few), size):
            for others in permutations(range(many), size):
                i, j = (list(chosen), list(others)) if short else (list(others), list(chosen))
                if near[i, j].all():
                    best = min(best, (-size, float(distance[i, j].sum())))
    assert near[got[:, 0], got[:, 1]].all()
    assert len(set(got[:, 0])) == len(set(got[:, 1])) == len(got)
    assert len(got) == -best[0]
    assert distance[got[:, 0], got[:, 1]].sum() == pytest.approx(best[1])


@given(st.integers(0, 2**32 - 1), st.sampled_from(["optimal", "greedy", "shared"]), st.sampled_from([10, 30, 80]))
def test_pairs_are_those_of_the_plain_form(seed, method, side):
    random = np.random.default_rng(seed)
    predictions, truths = random.uniform(0, side, (25, 2)), random.uniform(0, side, (15, 2))
    matching = Matching("any", 4.0, "px", method=method)
    assert list(map(tuple, matching(predictions, truths, 1).pairs)) == plain_pairs(matching, predictions, truths, 1)


def official(predictions, truths, radius):
    """Hits as counted by evalutils 0.4.2, reimplemented from its description with the same ball tree."""
    if not (len(predictions) and len(truths)):
        return 0
    taken = set()
    for hits in BallTree(predictions).query_radius(truths, radius, return_distance=True, sort_results=True)[0]:
        taken.update([hit for hit in hits if hit not in taken][:1])
    return len(taken)


@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12))
def test_greedy_is_the_official_scorer(seed, n, m):
    random = np.random.default_rng(seed)
    predictions, truths = random.uniform(0, 60, (n, 2)), random.uniform(0, 60, (m, 2))
    hits = official(predictions, truths, 15.0)
    assert counts(rule("midog")(predictions, truths, 0.5)) == (hits, n - hits, m - hits)


@given(points(6), points(6), st.randoms(), st.sampled_from(["optimal", "greedy", "shared"]))
def test_order_of_predictions_changes_no_count(predictions, truths, random, method):
    matching = Matching("any", 3, "px", method=method)
    shuffled = random.sample(range(len(predictions)), len(predictions))
    moved = random.sample(range(len(truths)), len(truths)) if method != "greedy" else range(len(truths))
    again = matching(predictions[shuffled], truths[list(moved)], 1)
    result = matching(predictions, truths, 1)
    assert counts(again) == counts(result)
    assert result.tp + result.fn == len(truths)


@given(points(6), points(6), st.sampled_from([0.25, 0.5, 4.0]), st.sampled_from(["optimal", "greedy", "shared"]))
def test_a_rule_in_um_equals_one_in_px_at_1_um_per_px(predictions, truths, mpp, method):
    um, px = Matching("a", 2.5, "um", method=method), Matching("b", 2.5, "px", method=method)
    assert counts(um(predictions, truths, mpp)) == counts(px(predictions * mpp, truths * mpp, 1))


def test_empty_sides():
    none = np.zeros((0, 2))
    assert counts(rule("icpr2012")(none, none, 0.25)) == (0, 0, 0)
    assert counts(rule("icpr2012")(at(1, 2), none, 0.25)) == (0, 2, 0)
    assert counts(rule("icpr2012")(none, at(1, 2), 0.25)) == (0, 0, 2)
    assert rule("icpr2012")(none, at(1), 0.25).pairs.shape == (0, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_coordinates_that_are_not_finite(bad):
    with pytest.raises(ValueError, match="points"):
        rule("px20")(at(0, bad), at(0), 0.25)
    with pytest.raises(ValueError, match="truths"):
        rule("px20")(at(0), at(bad), 0.25)


def test_refuses_other_shapes_scales_and_settings():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        rule("px20")(np.zeros((2, 3)), at(0), 0.25)
    for mpp in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="mpp"):
            rule("px20")(at(0), at(0), mpp)
    for wrong in ({"radius": 0}, {"radius": np.nan}, {"unit": "mm"}, {"method": "hungarian"}):
        with pytest.raises(InputError, match=f"matching.{next(iter(wrong))}"):
            Matching(**{"name": "any", "radius": 1.0, **wrong})
