"""Building the objects of a run from its configuration."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger

from mitosis.data.cache.store import FieldStore
from mitosis.data.datamodule import MitosisDataModule, Views
from mitosis.data.fold.lists import check_same_fields
from mitosis.data.view.candidate_table import by_field, labelled_cells, read_candidates
from mitosis.errors import InputError
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.matching import Matching
from mitosis.metric.pixel import PixelMetric
from mitosis.run.build import build
from mitosis.run.keys import CLASSIFICATION, HOW_OF_DATA, SEGMENTATION
from mitosis.run.name import own_tables
from mitosis.run.trained import Trained
from mitosis.stage.base import Stage


@dataclass(frozen=True)
class Assembled:
    """The objects of one training run.

    Attributes:
        data: The dataset on its fold.
        stage: The network with its loss, metrics, optimiser and schedule.
        matching: The rule that decides which detection matches which mitotic figure.
        logger: Factory of the logger, called with ``save_dir``; None to log nothing.
        pretrained: Where the initial ImageNet weights come from; None if they are random.
    """

    data: MitosisDataModule
    stage: Stage
    matching: Matching
    logger: Callable[..., Logger] | None
    pretrained: str | None


def assemble(config: dict[str, Any], segmenters: Sequence[Path]) -> Assembled:
    """Build the objects that a configuration of ``train`` describes.

    Args:
        config: The composed configuration, as plain data.
        segmenters: Run folders that stage two takes its candidates from; empty for stage one.

    Returns:
        The objects of the training run.

    Raises:
        InputError: An object cannot be built, or the data is not as described.
    """
    stage = build_stage(config)
    initial = getattr(stage.model, "initial", "random")
    return Assembled(
        data=build_data(config, segmenters),
        stage=stage,
        matching=build(config["matching"], "matching"),
        logger=partial(build, config["logger"], "logger") if config.get("logger") else None,
        pretrained=None if initial == "random" else initial,
    )


def build_data(config: dict[str, Any], segmenters: Sequence[Path] = ()) -> MitosisDataModule:
    """The dataset of a configuration, with the stage's views.

    Those of stage two get the segmenters' candidates; without segmenters, the labelled cells.
    """
    views = {name: build(view, "view") for name, view in config["view"].items()}
    data = open_data(config, fold=config["fold"], half=config.get("half"), seed=config["seed"])
    if config["stage"]["kind"] == CLASSIFICATION:
        rows = [row for run in segmenters for row in read_candidates(run / "candidates.csv")]
        candidates = by_field(rows) if segmenters else labelled_cells(data.parts.train + data.parts.val)
        views = {name: partial(view, candidates=candidates, **config["crop"]) for name, view in views.items()}
    data.views = Views(views["train"], views["held_out"], build(config["augment"], "augment"))
    return data


def open_data(config: dict[str, Any], **arguments: Any) -> MitosisDataModule:
    """The dataset described by ``config["data"]``, with its fields normalised by ``config["stain"]``.

    ``data.cache`` goes to the field store; ``arguments`` are those missing from the description, such as ``fold``.
    """
    description = dict(config["data"])
    store = FieldStore(build(config["stain"], "stain"), description.pop("cache", None))
    return build(description, "data", store=store, **arguments)


def build_stage(config: dict[str, Any]) -> Stage:
    """The LightningModule of a configuration, with its network, loss, metrics, optimiser and schedule."""
    description = {key: value for key, value in config["stage"].items() if key != "kind"}
    arguments: dict[str, Any] = {
        "model": build(config["model"], "model"),
        "loss": build(config["loss"], "loss"),
        "detection": DetectionMetric(build(config["matching"], "matching")),
        "optimizer": build(config["optimizer"], "optimizer"),
        "scheduler": build(config["scheduler"], "scheduler"),
    }
    if config["stage"]["kind"] == SEGMENTATION:
        arguments["pixel"] = PixelMetric()
    return build(description, "stage", **arguments)


def rebuild_data(trained: Trained, roots: Mapping[str, str], cache: str | None = None) -> MitosisDataModule:
    """The dataset of a finished run on its fold.

    Args:
        trained: The network of the run.
        roots: The dataset's folders on this machine, by dotted key: ``root``, or ``sets.<name>.root`` for each set.
        cache: Folder of normalised fields on this machine.

    Raises:
        InputError: A root is not that of the dataset, or of one of the sets, of the run, or the fold's
            training fields differ from those that the run was trained on.
    """
    data = reopen_data(trained.recipe, trained.path.parents[1], roots, cache)
    check_same_fields(data.parts, trained.fields, trained.path)
    return data


def reopen_data(
    recipe: dict[str, Any], run: Path, roots: Mapping[str, str], cache: str | None = None
) -> MitosisDataModule:
    """The dataset of a run folder's recipe on its fold, without the network; arguments and errors of ``rebuild_data``.

    Only the fold lists are read: whether they are those of the training is not checked.
    """
    settings = _without_places(recipe["data"]) | ({"cache": cache} if cache else {})
    for key, root in roots.items():
        _table_of(settings, key, run)["root"] = root
    for key in own_tables(recipe):  # the run's copies of the user's fold lists and patients
        table, name = _table_of(settings, key, run), key.rpartition(".")[2]
        table[name] = str(run / table[name])
    return open_data(recipe | {"data": settings}, fold=recipe["fold"], half=recipe.get("half"))


def _without_places(data: dict[str, Any]) -> dict[str, Any]:
    """A copy of a recipe's ``data`` without places: a stranger's recipe must not choose where a cache is written."""
    kept = {key: copy.deepcopy(value) for key, value in data.items() if key not in HOW_OF_DATA}
    if isinstance(kept.get("sets"), dict):
        sets = kept["sets"].items()
        kept["sets"] = {name: _without_places(one) if isinstance(one, dict) else one for name, one in sets}
    return kept


def _table_of(data: dict[str, Any], key: str, run: Path) -> dict[str, Any]:
    """The table that holds ``key``: ``data`` itself, or one of its sets for ``sets.<name>.<key>``."""
    if key == "root" and "sets" in data:
        raise InputError(f"data.root: {run} has several datasets; type data.sets.{next(iter(data['sets']))}.root")
    for name in key.split(".")[:-1]:
        if not isinstance(data.get(name), dict):
            raise InputError(f"data.{key}: {run} was not trained on such a set")
        data = data[name]
    return data
