"""Figures 9 and 11 of SCMitosis, detections on test fields: ``python experiments/figure9.py run=RUN [KEY=VALUE …]``.

Yellow squares are labelled mitoses, green circles detections. ``run`` is an evaluated run, ``fields`` the number of
fields (default 4, those with the most mitoses), ``output`` the picture (default ``RUN/figure9.png``), ``root`` the
dataset's folder if it has moved. Figure 11 is the same on GZMH.
"""

from collections.abc import Sequence

import numpy as np
from picture import fitted, titled
from script import of_run, run

from mitosis.output.grid import grid
from mitosis.output.overlay import draw, write_picture
from mitosis.reporting.evaluated import find_evaluated
from mitosis.reporting.fields import Shown, open_fields

COLUMNS = 2


def main(arguments: Sequence[str]) -> None:
    typed = of_run(arguments, "figure9", "an evaluated run", "fields", 4)
    shown = open_fields(find_evaluated(typed.folder)[0], typed.given)
    most = sorted(shown, key=lambda one: -len(one.record.figures))[: typed.count]
    write_picture(typed.output, grid([panel(one) for one in most], columns=min(COLUMNS, len(most))))
    print(f"{typed.output}: {len(most)} of {len(shown)} test fields, labels in yellow, detections in green")


def panel(one: Shown) -> np.ndarray:
    """A field with its labels and detections, and its counts above."""
    record = one.record
    accepted = np.ones(len(one.points), dtype=bool)
    image = draw(record.read(), one.points, accepted, mpp=record.mpp, truths=record.centroids)
    return titled(fitted(image), f"{record.field}, {len(record.figures)} labelled, {len(one.points)} detected")


if __name__ == "__main__":
    run(main)
