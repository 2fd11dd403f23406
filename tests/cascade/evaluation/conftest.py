"""Runs of the two networks of ``coloured_fields``."""

from pathlib import Path

import pytest
import yaml
from coloured_fields import Darkness, Redness, save
from torch import nn

from mitosis import files


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A trained run of one of the two networks, its threshold chosen."""
    monkeypatch.setenv("MITOSIS_TRUST", "coloured_fields")

    def run(into: str, model: type[nn.Module], fold="official", threshold=0.5, **changes) -> Path:
        folder = tmp_path / into
        recipe = {
            "stage": {"kind": "segmentation" if model is Darkness else "classification"},
            "name": {"data": "squares", "model": model.__name__, "ablation": "full", "variant": "default"},
            "model": {"_target_": f"coloured_fields.{model.__name__}"},
            "data": {
                "_target_": "coloured_fields.Squares",
                "folds": "synthetic",
                "samples_per_epoch": 1,
                "batch_size": 1,
            },
            "fold": fold,
            "half": None,
            "stain": {"_target_": "mitosis.stain.none.NoStain"},
            "matching": {"_target_": "mitosis.metric.matching.Matching", "name": "icpr2012", "radius": 5.0},
        }
        if model is Darkness:
            recipe["tiling"] = {"mpp": None, "window": "auto", "overlap": 32, "blend": "mean", "batch": 8}
            recipe["tiling"]["max_pixels"] = 10**8
            recipe["candidate"] = {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25}
        else:
            recipe["crop"] = {"side_um": 16.0, "pixels": 128, "border": "reflect"}
        recipe["data"] |= {"samples_per_epoch": 1, "batch_size": 1}
        recipe |= changes
        save(folder, recipe, {"threshold": threshold, "window": "whole"})
        files.write_text(folder / "recipe.yaml", yaml.safe_dump(recipe))
        files.write_text(folder / "local.yaml", "{}")
        return folder

    return run


@pytest.fixture
def runs(make) -> tuple[Path, Path]:
    return make("segmenter", Darkness), make("classifier", Redness)
