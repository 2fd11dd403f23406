"""Evaluated runs, and evaluated cascades of combined networks, as they lie on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import ALONE, FieldScores
from mitosis.output.scored import read_scored
from mitosis.run.folder import checked_recipe, training_recipe
from mitosis.run.upgrade import upgrade
from mitosis.run.weights_folder import FILE, KIND_OF


@dataclass(frozen=True, eq=False)
class Evaluated:
    """One run, or one combined cascade, with its ``evaluation.json``.

    Attributes:
        folder: The folder that holds the evaluation: the run folder of stage two, that of stage one alone, or that of a
            combined cascade.
        folders: The folder of each stage, stage one first; the same one twice for a combined cascade.
        recipe: That of the last stage.
        first: The recipe of stage one.
        result: The content of ``evaluation.json``.
        metrics: The content of ``metrics.json`` of each stage; of a combined cascade the steps of its networks alone.
        fields: The scored candidates of each test field.
        networks: Of a combined cascade, the number of networks of each stage; empty for a run.
    """

    folder: Path
    folders: list[Path]
    recipe: dict[str, Any]
    first: dict[str, Any]
    result: dict[str, Any]
    metrics: list[dict[str, Any]]
    fields: list[FieldScores]
    networks: tuple[int, ...] = ()

    @property
    def segmenter(self) -> Path:
        """The folder of stage one."""
        return self.folders[0]

    @property
    def stages(self) -> list[str]:
        """The stages that were scored, in order."""
        return [stage["stage"] for stage in self.result["stages"]]

    def counts(self, stage: str) -> Counts:
        """The counts of a stage, as they were evaluated."""
        row = next(row for row in self.result["stages"] if row["stage"] == stage)
        return Counts.of(row["tp"], row["predictions"], row["truths"])

    def threshold(self, stage: str) -> float:
        """The score from which on a candidate counted as a detection."""
        decision = self.result["asked"].get("decision")
        if stage == ALONE:
            if decision and decision["alone"]:
                return float(decision["alone"]["threshold"])
            return float(self.result["chosen"]["segmenter"].get("alone", 0.0))  # older runs: all that was proposed
        if decision:
            return float(decision["points"]["balanced"]["threshold"])
        return float(self.result["chosen"]["classifier"]["threshold"])


def find_evaluated(root: Path) -> list[Evaluated]:
    """All evaluated runs and combined cascades in a folder and below it, sorted by path.

    Raises:
        InputError: There is none, or a file of one is missing or broken.
    """
    places = [path.parent for path in sorted(root.rglob("evaluation.json"))]
    runs = [_read(folder) for folder in places if any((folder / name).is_file() for name in ("recipe.yaml", FILE))]
    if not (scored := [run for run in runs if run.result["stages"]]):
        note = f" ({runs[0].result['note']})" if runs else ""
        raise InputError(f"runs={root}: no run with a test score is in it{note}; python -m mitosis.evaluate scores one")
    return scored


def _read(folder: Path) -> Evaluated:
    path = folder / "evaluation.json"
    result = read_json(path)
    if missing := [key for key in ("stages", "asked", "names") if key not in result]:
        raise InputError(f"{path} has no {missing[0]}; remove it and evaluate the run again")
    if not (folder / "recipe.yaml").is_file():
        return _read_combined(folder, result)
    recipe = training_recipe(folder)
    segmenter = _segmenter_of(folder)
    folders = list(dict.fromkeys((segmenter, folder)))
    return Evaluated(
        folder=folder,
        folders=folders,
        recipe=recipe,
        first=training_recipe(segmenter),
        result=result,
        metrics=[read_json(one / "metrics.json") for one in folders],
        fields=_fields_of(folder, result),
    )


def _read_combined(folder: Path, result: dict[str, Any]) -> Evaluated:
    path = folder / FILE
    networks = read_json(path).get("networks", [])
    try:
        stages = [[network for network in networks if network["stage"] == stage] for stage in KIND_OF]
        first, second = (checked_recipe(upgrade(own[0]["recipe"]), path) for own in stages)
        steps = [sum(network["steps"] for network in own) for own in stages]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not the table of a combined cascade; run python -m mitosis.combine anew"
        ) from error
    return Evaluated(
        folder=folder,
        folders=[folder, folder],
        recipe=second,
        first=first,
        result=result,
        metrics=[{"steps": one} for one in steps],
        fields=_fields_of(folder, result),
        networks=tuple(len(own) for own in stages),
    )


def _fields_of(folder: Path, result: dict[str, Any]) -> list[FieldScores]:
    return read_scored(folder / "scores.csv") if result["stages"] else []


def _segmenter_of(folder: Path) -> Path:
    """The run of stage one whose candidates a run of stage two was trained on; the run itself if it is of stage one.

    Of several, the last is that of all training cases. It lies beside the run, below the folder of the dataset.
    """
    inputs = list(read_json(folder / "metrics.json").get("inputs", {}))
    if not inputs:
        return folder
    for parent in folder.parents:
        if (parent / inputs[-1] / "recipe.yaml").is_file():
            return parent / inputs[-1]
    raise InputError(f"{folder}: its segmenter {inputs[-1]} does not lie beside it; move both into one folder of runs")
