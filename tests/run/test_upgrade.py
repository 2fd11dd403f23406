"""Recipes of earlier versions."""

import copy
import importlib

import pytest

from mitosis.run.kinds import shipped_targets
from mitosis.run.upgrade import upgrade

EARLIER = {
    "mitosis.augment.candidates.CandidateAugment": "mitosis.augment.CandidateAugment",
    "mitosis.augment.jpeg.JpegAugment": "mitosis.augment.JpegAugment",
    "mitosis.augment.none.NoAugment": "mitosis.augment.NoAugment",
    "mitosis.augment.scmitosis.SCMitosisAugment": "mitosis.augment.SCMitosisAugment",
    "mitosis.augment.stain_jitter.StainJitterAugment": "mitosis.augment.StainJitterAugment",
    "mitosis.augment.unet_mitosis.UNetMitosisAugment": "mitosis.augment.UNetMitosisAugment",
    "mitosis.data.amida13.AMIDA13": "mitosis.data.AMIDA13",
    "mitosis.data.candidate_view.CandidateFieldView": "mitosis.data.view.CandidateFieldView",
    "mitosis.data.candidate_view.CandidateView": "mitosis.data.view.CandidateView",
    "mitosis.data.ccmct.CCMCT": "mitosis.data.CCMCT",
    "mitosis.data.cmc.CMC": "mitosis.data.CMC",
    "mitosis.data.field_view.FieldView": "mitosis.data.view.FieldView",
    "mitosis.data.folder.Folder": "mitosis.data.Folder",
    "mitosis.data.gzmh.GZMH": "mitosis.data.GZMH",
    "mitosis.data.icpr2012.ICPR2012": "mitosis.data.ICPR2012",
    "mitosis.data.midog21.MIDOG21": "mitosis.data.MIDOG21",
    "mitosis.data.midog22.MIDOG22": "mitosis.data.MIDOG22",
    "mitosis.data.midogpp.MIDOGpp": "mitosis.data.MIDOGpp",
    "mitosis.data.mitos_atypia14.MitosAtypia14": "mitosis.data.MitosAtypia14",
    "mitosis.data.synthetic.Synthetic": "mitosis.data.Synthetic",
    "mitosis.data.tile_view.TileView": "mitosis.data.view.TileView",
    "mitosis.data.tupac16.TUPAC16": "mitosis.data.TUPAC16",
    "mitosis.data.whole_view.WholeFieldView": "mitosis.data.view.WholeFieldView",
    "mitosis.logger.wandb.WandbRun": "mitosis.logger.WandbRun",
    "mitosis.loss.bce.BCE": "mitosis.loss.BCE",
    "mitosis.loss.bce_tversky.BCETversky": "mitosis.loss.BCETversky",
    "mitosis.loss.dice_bce.DiceBCE": "mitosis.loss.DiceBCE",
    "mitosis.loss.focal.Focal": "mitosis.loss.Focal",
    "mitosis.loss.tversky.Tversky": "mitosis.loss.Tversky",
    "mitosis.metric.matching.Matching": "mitosis.metric.Matching",
    "mitosis.model.classifier.classifier": "mitosis.model.timm_classifier",
    "mitosis.model.scmitosis.SCMitosisSeg": "mitosis.model.SCMitosisSeg",
    "mitosis.model.unet_mitosis.UNetMitosis": "mitosis.model.UNetMitosis",
    "mitosis.stage.classification.ClassificationStage": "mitosis.stage.ClassificationStage",
    "mitosis.stage.schedule.constant": "mitosis.scheduler.constant_schedule",
    "mitosis.stage.schedule.cosine": "mitosis.scheduler.cosine_schedule",
    "mitosis.stage.schedule.one_cycle": "mitosis.scheduler.one_cycle_schedule",
    "mitosis.stage.schedule.plateau": "mitosis.scheduler.plateau_schedule",
    "mitosis.stage.schedule.step": "mitosis.scheduler.step_schedule",
    "mitosis.stage.segmentation.SegmentationStage": "mitosis.stage.SegmentationStage",
    "mitosis.stain.macenko.Macenko": "mitosis.stain.Macenko",
    "mitosis.stain.none.NoStain": "mitosis.stain.NoStain",
    "mitosis.stain.reinhard.Reinhard": "mitosis.stain.Reinhard",
    "mitosis.stain.staintools_macenko.StaintoolsMacenko": "mitosis.stain.StaintoolsMacenko",
    "mitosis.stain.staintools_reinhard.StaintoolsReinhard": "mitosis.stain.StaintoolsReinhard",
    "mitosis.stain.staintools_vahadane.StaintoolsVahadane": "mitosis.stain.StaintoolsVahadane",
}
"""Every target in the yamls of the first version → its current name."""

RECIPE = {
    "name": {"data": "synthetic", "model": "resnet34", "ablation": "full", "what": "default"},
    "loss": {"_target_": "torch.nn.CrossEntropyLoss"},
    "stain": {"_target_": "mitosis.stain.macenko.Macenko", "maxima": [1.9705, 1.0308]},
    "optimizer": {"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1e-4},
    "view": {"train": {"_target_": "mitosis.data.candidate_view.CandidateView", "_partial_": True}},
    "stage": {"_target_": "mitosis.stage.classification.ClassificationStage"},
    "crop": {"side_um": 16.0, "pixels": 128, "border": "reflect"},
    "fold": "official",
    "half": None,
    "crossfit": 2,
    "on": ["scmitosis_seg-full-default"],
}
TODAY = {
    "name": {"data": "synthetic", "model": "resnet34", "ablation": "full", "variant": "default"},
    "loss": {"_target_": "torch.nn.CrossEntropyLoss"},
    "stain": {"_target_": "mitosis.stain.Macenko", "maxima": [1.9705, 1.0308]},
    "optimizer": {"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1e-4},
    "view": {"train": {"_target_": "mitosis.data.view.CandidateView", "_partial_": True}},
    "stage": {"_target_": "mitosis.stage.ClassificationStage", "kind": "classification"},
    "crop": {"side_um": 16.0, "pixels": 128, "border": "reflect"},
    "fold": "official",
    "crossfit": 2,
    "segmenters": ["scmitosis_seg-full-default"],
}


def test_upgrading_returns_a_current_recipe_and_keeps_the_original() -> None:
    given = copy.deepcopy(RECIPE)
    assert upgrade(given) == TODAY
    assert list(upgrade(given)) == list(TODAY)
    assert given == RECIPE


@pytest.mark.parametrize("recipe", [RECIPE, TODAY, {}, {"name": "x", "stage": None}, {"stage": {}, "tiling": {}}])
def test_upgrading_twice_changes_nothing(recipe: dict) -> None:
    assert upgrade(upgrade(recipe)) == upgrade(recipe)


def test_a_recipe_with_tiling_is_a_segmenters() -> None:
    stage = {"_target_": "mitosis.stage.segmentation.SegmentationStage"}
    assert upgrade({"stage": stage, "tiling": {}})["stage"]["kind"] == "segmentation"
    assert upgrade({"stage": {"kind": "mine"}, "tiling": {}})["stage"]["kind"] == "mine"
    assert "stage" not in upgrade({"model": {}})


def test_a_half_is_kept_and_null_keys_are_removed() -> None:
    assert upgrade({"half": 0, "crossfit": "none"}) == {"half": 0, "crossfit": "none"}
    assert upgrade({"half": None, "crossfit": None}) == {}


@pytest.mark.parametrize(("earlier", "today"), EARLIER.items())
def test_a_target_of_the_first_version_is_renamed(earlier: str, today: str) -> None:
    upgraded = upgrade({"a": [{"b": {"_target_": earlier}}], "_target_": today})
    assert upgraded == {"a": [{"b": {"_target_": today}}], "_target_": today}
    package, _, name = today.rpartition(".")
    assert callable(getattr(importlib.import_module(package), name))
    assert today in shipped_targets()


@pytest.mark.parametrize(
    "target",
    [
        "mine.points.Points",
        "mitosis_of_mine.loss.bce.BCE",
        "mine.mitosis.loss.bce.BCE",
        "torch.optim.Adam",
        "os.system",
        "mitosis.run.build.instantiate",
        *("", None, 7),
    ],
)
def test_other_targets_are_kept(target: object) -> None:
    assert upgrade({"loss": {"_target_": target}}) == {"loss": {"_target_": target}}


def test_only_targets_are_renamed() -> None:
    recipe = {"model": {"name": "mitosis.loss.bce.BCE", "on": 1, "what": 2, "half": None}}
    assert upgrade(recipe) == recipe
