"""Figures 9 and 11 of SCMitosis, detections on test fields: ``python experiments/figure9.py run=RUN [KEY=VALUE …]``.

Yellow squares are labelled mitoses, green circles detections. ``run`` is an evaluated run, ``fields`` the number of
fields (default 4, those with the most mitoses), ``output`` the picture (default ``RUN/figure9.png``), ``root`` the
dataset's folder if it has moved. Figure 11 is the same on GZMH.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from picture import fitted, titled
from script import pairs, run

from mitosis.errors import InputError
from mitosis.output.grid import grid
from mitosis.output.overlay import draw, write_picture
from mitosis.reporting.evaluated import find_evaluated
from mitosis.reporting.fields import Shown, open_fields

COLUMNS = 2


def main(arguments: Sequence[str]) -> None:
    settings = {"fields": "4", "root": ""} | pairs(arguments)
    if unknown := settings.keys() - {"run", "fields", "root", "output"}:
        raise InputError(f"{min(unknown)}: type run=RUN, and if you like fields=, root= or output=")
    if "run" not in settings:
        raise InputError("type run=RUN with the folder of an evaluated run")
    if not settings["fields"].isdecimal() or not int(settings["fields"]):
        raise InputError(f"fields={settings['fields']}: give a whole number, 1 or more")
    folder = Path(settings["run"])
    output = Path(settings.get("output", folder / "figure9.png"))
    shown = open_fields(find_evaluated(folder)[0], {"root": settings["root"] or None, "sets": {}})
    most = sorted(shown, key=lambda one: -len(one.record.figures))[: int(settings["fields"])]
    write_picture(output, grid([panel(one) for one in most], columns=min(COLUMNS, len(most))))
    print(f"{output}: {len(most)} of {len(shown)} test fields, labels in yellow, detections in green")


def panel(one: Shown) -> np.ndarray:
    """A field with its labels and detections, and its counts above."""
    record = one.record
    accepted = np.ones(len(one.points), dtype=bool)
    image = draw(record.read(), one.points, accepted, mpp=record.mpp, truths=record.centroids)
    return titled(fitted(image), f"{record.field}, {len(record.figures)} labelled, {len(one.points)} detected")


if __name__ == "__main__":
    run(main)
