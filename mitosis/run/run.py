"""One training run: its folder and its recipe, derived from a configuration."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.files import digest, read_json
from mitosis.run.content import initial_weights
from mitosis.run.folder import training_recipe
from mitosis.run.keys import CLASSIFICATION, OF_A_STAGE, as_single
from mitosis.run.name import Choices, flat, own_tables, recipe_of, roots_of, run_folder, slug_of
from mitosis.run.weights_folder import weights_folder


@dataclass(frozen=True)
class Run:
    """One training run, before any of its objects are built.

    Attributes:
        folder: The run folder.
        recipe: The part of the configuration that affects the result, as plain data.
        segmenters: Run folders whose candidates stage two is trained on; empty for stage one.
        inputs: Files it is trained on besides the dataset, such as initial weights: name → digest of the content.
        roots: The folders of the dataset, or of each of its ``sets``, on this machine, by dotted key below ``data``.
        tables: CSV files with the user's own fold lists and patients, by dotted key below ``data``.
    """

    folder: Path
    recipe: dict[str, Any]
    segmenters: tuple[Path, ...]
    inputs: dict[str, str]
    roots: dict[str, Path]
    tables: dict[str, Path]


def run_of(config: dict[str, Any], choices: Choices) -> Run:
    """The run described by a configuration of ``train``; builds and writes nothing, and does not need torch.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Raises:
        InputError: The ablation belongs to another model, or a segmenter does not fit (another fold, another dataset,
            no candidates yet).
    """
    _check_ablation(config, choices)
    segmenters = _segmenters(config)
    recipe = {"name": choices.name} | recipe_of(config)
    if segmenters:
        recipe["segmenters"] = [slug_of(path) for path in segmenters]
    return Run(
        folder=run_folder(config, choices, segmenter=slug_of(segmenters[-1]) if segmenters else None),
        recipe=recipe,
        segmenters=segmenters,
        inputs={"/".join(path.resolve().parts[-4:]): digest(path / "candidates.csv") for path in segmenters}
        | initial_weights(config),
        roots={key: Path(root).resolve() for key, root in roots_of(config["data"]).items()},
        tables=own_tables(config),
    )


def _check_ablation(config: dict[str, Any], choices: Choices) -> None:
    model = (config.get("ablation") or {}).get("for")
    if model and model != choices.words["model"]:
        raise InputError(f"ablation={choices.words['ablation']} is for model={model}, not {choices.words['model']}")


def _segmenters(config: dict[str, Any]) -> tuple[Path, ...]:
    """The runs whose candidates stage two is trained on; the last one is its partner at inference.

    None are needed where stage two starts from that of a whole cascade: it then learns from the labelled cells.
    """
    given = config["segmenter"]
    runs = tuple(Path(path) for path in (given if isinstance(given, list | tuple) else [given] if given else []))
    second = config["stage"]["kind"] == CLASSIFICATION
    if second and not runs and weights_folder(config.get("init")) is None:
        raise InputError(
            "segmenter is not set; type segmenter=RUN with a segmenter's run folder after mitosis.propose, or"
            " init=shipped to learn from labelled cells alone"
        )
    if runs and not second:
        raise InputError("segmenter=… is for stage two; choose a classifier such as model=resnet34")
    for run in runs:
        _check_segmenter(run, config)
    return runs


def _check_segmenter(run: Path, config: dict[str, Any]) -> None:
    recipe = training_recipe(run)
    if str(recipe["fold"]) != str(config["fold"]):
        raise InputError(f"segmenter={run} is of fold {recipe['fold']}; type fold={recipe['fold']}")
    if recipe["data"]["_target_"] != config["data"]["_target_"]:
        raise InputError(f"segmenter={run} is of data={recipe['name']['data']}; type data={recipe['name']['data']}")
    have, want = (flat(data) for data in (recipe["data"], recipe_of(config)["data"]))
    keys = sorted(key for key in have.keys() | want.keys() if as_single(key) not in OF_A_STAGE)
    if key := next((key for key in keys if have.get(key) != want.get(key)), None):
        raise InputError(f"segmenter={run} is of data.{key}={have.get(key)}, not {want.get(key)}; set both alike")
    if not (run / "candidates.csv").is_file():
        raise InputError(f"{run} has no candidates.csv; type python -m mitosis.propose segmenter={run}")
    then = read_json(run / "proposal.json").get("digests", {})
    if any((run / name).is_file() and digest(run / name) != value for name, value in then.items()):
        raise InputError(
            f"segmenter={run}: its candidates.csv is not that of its present weights; type python -m mitosis.propose"
            f" segmenter={run}"
        )
