"""Whether finished runs are what they are given as, and fit together; torch is not needed."""

from pathlib import Path

from mitosis.errors import InputError
from mitosis.run.folder import training_recipe
from mitosis.run.keys import SEGMENTATION


def check_segmenter(run: Path) -> None:
    """Raise ``InputError`` unless ``run`` is the run folder of a segmenter."""
    if training_recipe(run)["stage"]["kind"] != SEGMENTATION:
        raise InputError(f"segmenter={run} is a classifier's run; give a segmenter's")


def check_same_fold(segmenter: Path, classifier: Path) -> None:
    """Raise ``InputError`` unless both runs use the same fold of the same dataset.

    Otherwise the training cases of one could be test cases of the other.
    """
    one, other = training_recipe(segmenter), training_recipe(classifier)
    for key, values in {
        "fold": (one["fold"], other["fold"]),
        "data": (one["name"]["data"], other["name"]["data"]),
        "folds": (one["data"].get("folds"), other["data"].get("folds")),
    }.items():
        if values[0] != values[1]:
            raise InputError(
                f"segmenter is of {key} {values[0]}, classifier of {key} {values[1]}; give runs of one fold"
            )
