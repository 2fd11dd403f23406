"""Upgrading recipes of earlier versions."""

import re
from typing import Any

_MODULE = re.compile(r"(mitosis\.(?:augment|data|logger|loss|metric|model|stage|stain))\.(?!view\.)\w+\.(\w+)")
"""A class named by its defining module; now each package exports its classes itself."""

_MOVED = {
    "mitosis.data.candidate_view.CandidateFieldView": "mitosis.data.view.CandidateFieldView",
    "mitosis.data.candidate_view.CandidateView": "mitosis.data.view.CandidateView",
    "mitosis.data.field_view.FieldView": "mitosis.data.view.FieldView",
    "mitosis.data.tile_view.TileView": "mitosis.data.view.TileView",
    "mitosis.data.whole_view.WholeFieldView": "mitosis.data.view.WholeFieldView",
    "mitosis.model.classifier.classifier": "mitosis.model.timm_classifier",
    "mitosis.stage.schedule.constant": "mitosis.scheduler.constant_schedule",
    "mitosis.stage.schedule.cosine": "mitosis.scheduler.cosine_schedule",
    "mitosis.stage.schedule.one_cycle": "mitosis.scheduler.one_cycle_schedule",
    "mitosis.stage.schedule.plateau": "mitosis.scheduler.plateau_schedule",
    "mitosis.stage.schedule.step": "mitosis.scheduler.step_schedule",
}
"""Targets that have been moved or renamed."""


def upgrade(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe of any version in the current format; ``recipe`` itself is not changed.

    Targets are renamed to those that the packages export, ``name.what`` becomes ``name.variant``, ``on`` becomes
    ``segmenters``, ``stage`` gets its ``kind``. ``half`` and ``crossfit`` are removed if they are null, ``compile``
    always. Targets outside of this package are kept.
    """
    upgraded: dict[str, Any] = {
        ("segmenters" if key == "on" else key): _renamed(value) for key, value in recipe.items()
    }
    if isinstance(upgraded.get("name"), dict):
        upgraded["name"] = {("variant" if key == "what" else key): value for key, value in upgraded["name"].items()}
    if isinstance(upgraded.get("stage"), dict) and "kind" not in upgraded["stage"]:
        upgraded["stage"]["kind"] = "segmentation" if "tiling" in upgraded else "classification"
    for key in ("half", "crossfit"):
        if key in upgraded and upgraded[key] is None:
            del upgraded[key]
    upgraded.pop("compile", None)
    return upgraded


def _renamed(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _target(value) if key == "_target_" else _renamed(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_renamed(value) for value in node]
    return node


def _target(target: Any) -> Any:
    if not isinstance(target, str):
        return target
    module = _MODULE.fullmatch(target)
    return _MOVED.get(target) or (f"{module[1]}.{module[2]}" if module else target)
