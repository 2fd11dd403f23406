"""From a configuration to the dataset and the stage: everything built, handed over, not yet used."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.fold.lists import check_same_fields
from mitosis.data.view.candidate_table import by_field, read_candidates
from mitosis.metric.detection import DetectionMetric
from mitosis.metric.pixel import PixelMetric
from mitosis.run.build import build
from mitosis.run.trained import Trained
from mitosis.stage.base import Stage


def build_data(config: dict[str, Any], segmenters: Sequence[Path] = ()) -> MitosisDataModule:
    """The dataset of a configuration, with the stage's views; stage two's know the segmenters' candidates."""
    views = {name: build(view) for name, view in config["view"].items()}
    if segmenters:
        rows = [row for run in segmenters for row in read_candidates(run / "candidates.csv")]
        crop = config["crop"]
        views = {name: partial(view, candidates=by_field(rows), **crop) for name, view in views.items()}
    return build(
        config["data"],
        fold=config["fold"],
        half=config["half"],
        seed=config["seed"],
        stain=build(config["stain"]),
        augment=build(config["augment"]),
        train_view=views["train"],
        held_out_view=views["held_out"],
    )


def build_stage(config: dict[str, Any], data: MitosisDataModule) -> Stage:
    """The LightningModule of a configuration, handed its network, loss, metrics, optimiser and schedule."""
    handed: dict[str, Any] = {
        "model": build(config["model"]),
        "loss": build(config["loss"]),
        "detection": DetectionMetric(build(config["matching"])),
        "optimizer": build(config["optimizer"]),
        "scheduler": build(config["scheduler"]),
    }
    if "tiling" in config:
        handed |= {
            "pixel": PixelMetric(),
            "mpp": config["tiling"]["mpp"],
            "window": config["view"]["train"].get("size"),
            "overlap": config["tiling"]["overlap"],
            "batch": config["tiling"]["batch"],
            "max_pixels": config["tiling"]["max_pixels"],
            "min_area_um2": config["candidate"]["min_area_um2"],
        }
    stage = build({key: value for key, value in config["stage"].items() if key != "kind"}, **handed)
    if config["compile"]:
        stage.model.compile()
    return stage


def rebuild_data(trained: Trained, root: str | None, cache: str | None = None) -> MitosisDataModule:
    """The dataset of a finished run on its fold, to read fields from.

    ``root``: where the data lies on this machine; ``cache``: where its normalised fields do.
    Raises ``InputError`` when the fold's training fields are not those that the run was trained on.
    """
    recipe = trained.recipe
    placed = recipe["data"] | ({"root": root} if root else {}) | ({"cache": cache} if cache else {})
    if str(placed.get("folds")).partition(":")[0].endswith(".csv"):  # the run's copy of the user's own lists
        placed["folds"] = str(trained.path.parents[1] / placed["folds"])
    data = build(placed, fold=recipe["fold"], half=recipe["half"], stain=build(recipe["stain"]))
    check_same_fields(data.parts, trained.fields, trained.path)
    return data
