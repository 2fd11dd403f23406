import pickle

import numpy as np
import pytest
from arguments import arguments

from mitosis.data.fold.lists import ALL, read_folds, split
from mitosis.data.synthetic import Synthetic
from mitosis.errors import InputError


def synthetic(**kwargs) -> Synthetic:
    return Synthetic(folds="synthetic", **arguments(), **kwargs)


def test_a_field_reads_what_its_figures_were_drawn_on():
    records = synthetic(cases=4).records()
    assert len(records) == len({record.field for record in records}) == 8
    record = next(record for record in records if record.field == "case03_1")
    assert (record.case, record.mpp, record.size) == ("case03", 0.25, (512, 512))
    image = pickle.loads(pickle.dumps(record)).read()
    assert image.shape == (512, 512, 3)
    assert image.dtype == np.uint8
    mask = record.mask().astype(bool)
    assert image[mask].mean() < image[~mask].mean() - 50


def test_a_reader_returns_a_new_copy_of_the_pixels():
    record = synthetic(size=128, cases=1, fields_per_case=1).records()[0]
    record.read()[:] = 0
    assert record.read().max() > 0


def test_the_fold_list_keeps_cases_apart_and_covers_the_training_cases():
    records, lists = synthetic(size=96).records(), read_folds("synthetic")
    official = split(records, "official", lists)
    cases = [{record.case for record in part} for part in (official.train, official.val, official.test)]
    assert cases == [{f"case{c:02d}" for c in block} for block in (range(12), range(12, 15), range(15, 20))]
    tests = []
    for fold in range(5):
        parts = split(records, fold, lists)
        assert [len(part) for part in (parts.train, parts.val, parts.test)] == [18, 6, 6]
        tests += [record.field for record in parts.test]
    assert sorted(tests) == sorted(record.field for record in official.train + official.val)
    assert len(split(records, ALL, lists).train) == 32


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"cases": 0}, "data.cases=0"), ({"fields_per_case": 0}, "data.fields"), ({"drawing_seed": -1}, "data.drawing")],
)
def test_impossible_settings_are_refused_by_their_key(wrong, named):
    with pytest.raises(InputError, match=named):
        synthetic(**wrong)


def test_a_field_too_small_for_a_mitosis_is_refused():
    with pytest.raises(InputError, match="at least 96 px"):
        synthetic(size=95, cases=1).records()
