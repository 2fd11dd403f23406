"""Input that is refused before torch is loaded."""

import subprocess
import sys

import pytest
import yaml

from mitosis import cascade
from mitosis.cascade.checks import check_mpp
from mitosis.errors import InputError
from mitosis.run.pair import check_same_fold, check_segmenter

RECIPE = {"name": {"data": "cmc"}, "fold": 0, "data": {"folds": "cmc"}, "stage": {"kind": "segmentation"}}


@pytest.fixture
def run(tmp_path):
    def write(name, /, **changes):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | changes))
        return tmp_path / name

    return write


def test_checks_do_not_load_torch_and_unknown_names_are_refused():
    code = "import sys, mitosis.cascade.checks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'Detection'"):
        cascade.Detection  # noqa: B018


def test_a_classifier_or_a_foreign_file_is_refused_as_a_segmenter(run):
    check_segmenter(run("a"))
    with pytest.raises(InputError, match="segmenter=.*b is a classifier's run"):
        check_segmenter(run("b", stage={"kind": "classification"}))
    foreign = run("c")
    (foreign / "recipe.yaml").write_text("fold: 0")
    with pytest.raises(InputError, match="c/recipe.yaml is not the recipe of a training run: it has no name"):
        check_segmenter(foreign)


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"fold": 1}, "fold 0, classifier of fold 1"), ({"name": {"data": "gzmh"}}, "data cmc, classifier of data gzmh"),
     ({"data": {}}, "folds cmc, classifier of folds None")],
)  # fmt: skip
def test_runs_of_two_folds_are_refused(run, changes, what):
    one = run("one")
    check_same_fold(one, run("same", seed=3))
    with pytest.raises(InputError, match=f"segmenter is of {what}; give runs of one fold"):
        check_same_fold(one, run("other", **changes))


@pytest.mark.parametrize("mpp", [0.05, 0.25, 2, 2.0])
def test_usual_resolutions_pass(mpp):
    check_mpp(mpp)
