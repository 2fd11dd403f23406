"""Figure 10 of SCMitosis, rejected false candidates: ``python experiments/figure10.py run=RUN [KEY=VALUE …]``.

Above each stand its scores, that of stage one and the final one; those of which stage one was surest come first. What
lies beyond the field is black. ``run`` is an evaluated run of both stages, ``candidates`` the number shown (default
12), ``output`` the picture (default ``RUN/figure10.png``), ``root`` the dataset's folder if it has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from picture import cell, headed
from script import of_run, run

from mitosis.errors import InputError
from mitosis.metric.field_scores import ALONE, BOTH
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture
from mitosis.reporting.evaluated import Evaluated, find_evaluated
from mitosis.reporting.fields import open_fields
from mitosis.reporting.places import read_places

COLUMNS = 6


@dataclass(frozen=True)
class Rejected:
    """A false candidate that stage two rejected: its field, x and y in pixels, and its score before and after."""

    field: str
    x: float
    y: float
    first: float
    final: float


def main(arguments: Sequence[str]) -> None:
    typed = of_run(arguments, "figure10", "an evaluated run of both stages", "candidates", 12)
    evaluated = find_evaluated(typed.folder)[0]
    if BOTH not in evaluated.stages:
        raise InputError(f"{evaluated.folder}: stage one alone was evaluated; give a classifier's run")
    rejected = rejections(evaluated)
    if not rejected:
        raise InputError(f"{evaluated.folder}: stage two rejected no false candidate; give another run")
    records = {shown.record.field: shown.record for shown in open_fields(evaluated, typed.given)}
    pictures: list[np.ndarray] = []
    for one in rejected[: typed.count]:
        record = records[one.field]
        pictures.append(
            headed(cell(record.read(), (one.x, one.y), record.mpp), f"{one.first:.2f}, then {one.final:.2f}")
        )
    write_picture(typed.output, grid(pictures, columns=min(COLUMNS, len(pictures))))
    print(f"{typed.output}: {len(pictures)} of {len(rejected)} false candidates that stage two rejects")


def rejections(evaluated: Evaluated) -> list[Rejected]:
    """The rejected candidates of the test fields that reach no mitosis, stage one's highest scores first."""
    places, threshold = read_places(evaluated), evaluated.threshold(BOTH)
    found: list[Rejected] = []
    for field in evaluated.fields:
        first, final = field.scores[ALONE], field.scores[BOTH]
        false = np.setdiff1d(np.flatnonzero(final < threshold), field.reach.prediction)
        for index in false.tolist():
            x, y = places[field.field][index].tolist()
            found.append(Rejected(field.field, x, y, float(first[index]), float(final[index])))
    return sorted(found, key=lambda one: (-one.first, one.field, one.x, one.y))


if __name__ == "__main__":
    run(main)
