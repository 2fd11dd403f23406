"""Evaluated runs as they lie on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.metric.counts import Counts
from mitosis.metric.field_scores import ALONE, FieldScores
from mitosis.output.scored import read_scored
from mitosis.run.folder import training_recipe


@dataclass(frozen=True, eq=False)
class Evaluated:
    """One run with its ``evaluation.json``.

    Attributes:
        folder: The run folder that holds the evaluation: stage two's, or stage one's alone.
        segmenter: The run folder of stage one.
        recipe: That of ``folder``.
        first: The recipe of stage one.
        result: The content of ``evaluation.json``.
        metrics: The content of ``metrics.json`` of each stage, stage one first.
        fields: The scored candidates of each test field.
    """

    folder: Path
    segmenter: Path
    recipe: dict[str, Any]
    first: dict[str, Any]
    result: dict[str, Any]
    metrics: list[dict[str, Any]]
    fields: list[FieldScores]

    @property
    def folders(self) -> list[Path]:
        """The run folders of its stages, stage one first."""
        return list(dict.fromkeys((self.segmenter, self.folder)))

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
            alone = decision and decision["alone"]
            return float(alone["threshold"]) if alone else 0.0  # all that was proposed
        if decision:
            return float(decision["points"]["balanced"]["threshold"])
        return float(self.result["chosen"]["classifier"]["threshold"])


def find_evaluated(root: Path) -> list[Evaluated]:
    """All evaluated runs in a folder and below it, sorted by path; combined cascades, which are no runs, are left out.

    Raises:
        InputError: There is none, or a file of one is missing or broken.
    """
    paths = sorted(path for path in root.rglob("evaluation.json") if (path.parent / "recipe.yaml").is_file())
    runs = [_read(path) for path in paths]
    if not (scored := [run for run in runs if run.result["stages"]]):
        note = f" ({runs[0].result['note']})" if runs else ""
        raise InputError(f"runs={root}: no run with a test score is in it{note}; python -m mitosis.evaluate scores one")
    return scored


def _read(path: Path) -> Evaluated:
    folder, result = path.parent, read_json(path)
    if missing := [key for key in ("stages", "asked", "names") if key not in result]:
        raise InputError(f"{path} has no {missing[0]}; remove it and evaluate the run again")
    recipe = training_recipe(folder)
    segmenter = _segmenter_of(folder)
    folders = list(dict.fromkeys((segmenter, folder)))
    return Evaluated(
        folder=folder,
        segmenter=segmenter,
        recipe=recipe,
        first=training_recipe(segmenter),
        result=result,
        metrics=[read_json(one / "metrics.json") for one in folders],
        fields=read_scored(folder / "scores.csv") if result["stages"] else [],
    )


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
