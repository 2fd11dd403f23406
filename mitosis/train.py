"""``python -m mitosis.train model=… data=…``: one model on one fold."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.files import digest, read_json, read_yaml
from mitosis.process.rank import is_rank_zero
from mitosis.run.folder import claim, finished, locked
from mitosis.run.name import Choices, flat, own_folds, recipe_of, run_folder, slug_of

LEARNING = ("samples_per_epoch", "batch_size", "repeat", "limit", "radius_um", "ring_um", "masks")
"""What of a dataset both stages may have their own of: how much is learned at once, and what masks are made of."""


def train(config: dict[str, Any], choices: Choices) -> float:
    """Train, or go on, or do nothing when the run is finished; returns the best score on val."""
    _check_ablation(config, choices)
    _check_numbers(config)
    segmenters = [Path(path) for path in _as_list(config["candidates"])]
    folder = run_folder(config, choices, on=_on(config, segmenters))
    recipe = {"name": choices.name} | recipe_of(config)
    if segmenters:
        recipe["on"] = [slug_of(path) for path in segmenters]
    inputs = {"/".join(path.resolve().parts[-4:]): digest(path / "candidates.csv") for path in segmenters}
    root = config["data"].get("root")
    writes = is_rank_zero(config["trainer"])
    with locked(folder) if writes else nullcontext():
        if writes:
            claim(folder, recipe, {"root": str(Path(root).resolve())} if root else {}, own_folds(config))
        if finished(folder, config["max_steps"], inputs):
            metrics = read_json(folder / "metrics.json")
            print(f"{folder} is finished ({metrics['steps']} steps); nothing to do")
        else:
            from mitosis.training.devices import fit_on_devices  # torch is loaded from here on

            metrics = fit_on_devices(config, recipe, folder, segmenters, inputs)
        return metrics["val"]["ap"] if metrics["val"]["ap"] is not None else float("nan")


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _check_ablation(config: dict[str, Any], choices: Choices) -> None:
    wanted = (config.get("ablation") or {}).get("for")
    if wanted and wanted != choices.words["model"]:
        raise InputError(f"ablation={choices.words['ablation']} is for model={wanted}, not {choices.words['model']}")


def _check_numbers(config: dict[str, Any]) -> None:
    data = config["data"]
    for key, value, least in (
        ("seed", config["seed"], 0),
        ("max_steps", config["max_steps"], 1),
        ("val_every", config["val_every"], 1),
        ("data.samples_per_epoch", data["samples_per_epoch"], 1),
        ("data.batch_size", data["batch_size"], 1),
        ("data.workers", data["workers"], 0),
        ("trainer.accumulate_grad_batches", config["trainer"].get("accumulate_grad_batches") or 1, 1),
    ):
        if not isinstance(value, int) or value < least:
            raise InputError(f"{key}={value}: give a whole number, {least} or more")
    if config["half"] not in (None, 0, 1):
        raise InputError(f"half={config['half']}: type half=0 or half=1")


def _on(config: dict[str, Any], segmenters: list[Path]) -> str | None:
    """What stage two's candidates come from, for the run's name; checks that they fit the fold."""
    classifies = "crop" in config
    if classifies and not segmenters:
        raise InputError(
            "candidates is not set; type candidates=RUN with a segmenter's run folder after mitosis.propose"
        )
    if segmenters and not classifies:
        raise InputError("candidates=… is for stage two; choose a classifier such as model=resnet34")
    for run in segmenters:
        recipe = read_yaml(run / "recipe.yaml")
        if missing := [key for key in ("fold", "data", "name") if key not in recipe]:
            raise InputError(f"{run / 'recipe.yaml'} is no training run's recipe: it has no {missing[0]}")
        if str(recipe["fold"]) != str(config["fold"]):
            raise InputError(f"candidates={run} are of fold {recipe['fold']}; type fold={recipe['fold']}")
        if recipe["data"]["_target_"] != config["data"]["_target_"]:
            raise InputError(
                f"candidates={run} are of data={recipe['name']['data']}; type data={recipe['name']['data']}"
            )
        have, want = (flat(data) for data in (recipe["data"], recipe_of(config)["data"]))
        keys = sorted((have.keys() | want.keys()).difference(LEARNING))
        if key := next((key for key in keys if have.get(key) != want.get(key)), None):
            raise InputError(
                f"candidates={run} are of data.{key}={have.get(key)}, and here it is {want.get(key)}; set both alike"
            )
        if not (run / "candidates.csv").is_file():
            raise InputError(f"{run} has no candidates.csv; type python -m mitosis.propose segment={run}")
    return slug_of(segmenters[-1]) if segmenters else None


if __name__ == "__main__":
    entry("train", train)
