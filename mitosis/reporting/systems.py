"""Runs gathered into systems: all folds of one recipe, each named by what tells it from the others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mitosis.metric.bootstrap import Bootstrap, bootstrap_f1
from mitosis.metric.counts import Counts, Curve
from mitosis.metric.field_scores import FieldScores, curve_of
from mitosis.reporting.evaluated import Evaluated

HALF = re.compile(r"(^|,)half-[01](?=,|$)")
"""The word in a variant that says on which half of the cases a network was trained."""


@dataclass(frozen=True, eq=False)
class System:
    """One recipe on all its folds.

    Attributes:
        name: What tells it from the other systems of the report.
        runs: Its runs, one for each fold.
    """

    name: str
    runs: list[Evaluated]

    @property
    def stages(self) -> list[str]:
        """The stages that were scored, in order; the last is the whole system."""
        return self.runs[0].stages

    @property
    def whole(self) -> str:
        """Its last stage."""
        return self.stages[-1]

    @cached_property
    def fields(self) -> list[FieldScores]:
        """The test fields of all folds."""
        return [field for run in self.runs for field in run.fields]

    @property
    def cases(self) -> list[str]:
        """The case of each test field."""
        return [field.case for field in self.fields]

    @property
    def overlapping(self) -> bool:
        """Whether folds share test fields, so that pooling would count some twice."""
        names = [name for run in self.runs for name in run.result["names"]]
        return len(set(names)) < len(names)

    def pooled(self, stage: str) -> Counts:
        """The counts of all folds together."""
        folds = self.folds(stage)
        return Counts.of(*(sum(getattr(one, key) for one in folds) for key in ("tp", "predictions", "truths")))

    def folds(self, stage: str) -> list[Counts]:
        """The counts of each fold."""
        return [run.counts(stage) for run in self.runs]

    def by_field(self, stage: str) -> np.ndarray:
        """TP, predictions and truths of each test field, (n, 3), each at the threshold of its fold."""
        counts = [field.counts(stage, run.threshold(stage)) for run in self.runs for field in run.fields]
        return np.array(counts, dtype=np.int64).reshape(-1, 3)

    def curve(self, stage: str) -> Curve:
        """The counts of all folds together at every distinct score."""
        return curve_of(self.fields, stage)

    def bootstrap(self, stage: str) -> Bootstrap:
        """F1 of draws of its cases or fields."""
        return bootstrap_f1(self.by_field(stage), self.cases)

    @cached_property
    def area_mm2(self) -> float | None:
        """Area of all test fields; None where an evaluation did not note it."""
        areas = [run.result.get("area_mm2") for run in self.runs]
        return None if None in areas else float(sum(area for area in areas if area is not None))


def systems_of(runs: Sequence[Evaluated]) -> list[System]:
    """The runs by recipe, whatever their fold; the best pooled F1 first."""
    groups: dict[tuple[tuple[str, str], ...], list[Evaluated]] = {}
    for run in runs:
        groups.setdefault(tuple(_parts(run).items()), []).append(run)
    names = _names([dict(key) for key in groups])
    systems = [System(name, own) for name, own in zip(names, groups.values(), strict=True)]
    return sorted(systems, key=lambda one: -np.nan_to_num(one.pooled(one.whole).f1))


def _parts(run: Evaluated) -> dict[str, str]:
    """What a run is made of; everything that the names of its stages' folders say, but for the fold."""
    first: dict[str, Any] = run.first["name"]
    parts = {"data": first["data"], "one": first["model"], "ablation": first["ablation"], "settings": first["variant"]}
    if len(run.folders) == 2:
        second: dict[str, Any] = run.recipe["name"]
        parts |= {"two": second["model"], "settings of two": second["variant"]}
    if run.networks:  # the halves have one variant each, and the whole has that of neither
        parts = {key: HALF.sub("", part).strip(",") or "default" for key, part in parts.items()}
    return parts | {"networks": f"{' + '.join(map(str, run.networks))} networks" if run.networks else ""}


def _names(systems: Sequence[dict[str, str]]) -> list[str]:
    """A name for each system: what it does not share with all others, or else its networks."""
    words = [{key: part.split(",") for key, part in parts.items()} for parts in systems]
    shared: dict[str, set[str]] = {}
    for one in words:
        for key, found in one.items():
            shared[key] = shared.get(key, set(found)) & set(found)
    own = [{key: [word for word in one[key] if word not in shared[key]] for key in one} for one in words]
    names = [" · ".join(", ".join(found) for found in one.values() if "".join(found)) for one in own]
    networks = [" + ".join(parts[key] for key in ("one", "two") if key in parts) for parts in systems]
    return [name or network for name, network in zip(names, networks, strict=True)]
