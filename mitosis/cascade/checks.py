"""Checks of the user's input that run before torch is loaded."""

from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.image.mpp import MPP, plausible
from mitosis.run.folder import read_recipe


def check_mpp(mpp: float) -> None:
    """Raise ``InputError`` unless mitotic figures can be recognised at ``mpp`` µm per pixel."""
    if not plausible(mpp):
        raise InputError(
            f"mpp={mpp}: µm per pixel lie between {MPP[0]:g} and {MPP[1]:g}; a usual 40x scan has mpp=0.25"
        )


def check_segmenter(run: Path) -> None:
    """Raise ``InputError`` unless ``run`` is the run folder of a segmenter."""
    if _recipe(run)["stage"]["kind"] != "segmentation":
        raise InputError(f"segmenter={run} is a classifier's run; give a segmenter's")


def check_same_fold(segmenter: Path, classifier: Path) -> None:
    """Raise ``InputError`` unless both runs use the same fold of the same dataset.

    Otherwise the training cases of one could be test cases of the other.
    """
    one, other = _recipe(segmenter), _recipe(classifier)
    for key, values in {
        "fold": (one["fold"], other["fold"]),
        "data": (one["name"]["data"], other["name"]["data"]),
        "folds": (one["data"].get("folds"), other["data"].get("folds")),
    }.items():
        if values[0] != values[1]:
            raise InputError(
                f"segmenter is of {key} {values[0]}, classifier of {key} {values[1]}; give runs of one fold"
            )


def _recipe(run: Path) -> dict[str, Any]:
    recipe = read_recipe(run)
    if missing := [key for key in ("fold", "name", "data", "stage") if key not in recipe]:
        raise InputError(f"{run / 'recipe.yaml'} is not the recipe of a training run: it has no {missing[0]}")
    return recipe
