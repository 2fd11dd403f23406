"""Figure 5 of SCMitosis, candidates beside their labels: ``python experiments/figure5.py run=RUN [KEY=VALUE …]``.

``run`` is a segmenter's run after ``mitosis.propose``. Half of the candidates match a mitosis; a label is the mask of
the same square. ``candidates`` is their number (default 12), ``output`` the picture (default ``RUN/figure5.png``),
``root`` the dataset's folder if it has moved.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from script import pairs, run

from mitosis.data.record import Record
from mitosis.data.view.candidate_table import CandidateRow, read_candidates
from mitosis.errors import InputError
from mitosis.image.mask_value import MITOSIS
from mitosis.inference.crop import crop
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture
from mitosis.run.assembly import reopen_data
from mitosis.run.folder import data_roots, training_recipe

COLUMNS, SIDE_UM, PIXELS = 8, 16.0, 128


def main(arguments: Sequence[str]) -> None:
    settings = {"candidates": "12", "root": ""} | pairs(arguments)
    if unknown := settings.keys() - {"run", "candidates", "root", "output"}:
        raise InputError(f"{min(unknown)}: type run=RUN, and if you like candidates=, root= or output=")
    if "run" not in settings:
        raise InputError("type run=RUN with the folder of a segmenter's run")
    if not settings["candidates"].isdecimal() or not int(settings["candidates"]):
        raise InputError(f"candidates={settings['candidates']}: give a whole number, 1 or more")
    folder = Path(settings["run"])
    output = Path(settings.get("output", folder / "figure5.png"))
    rows = chosen(read_candidates(folder / "candidates.csv"), int(settings["candidates"]))
    if not rows:
        raise InputError(f"{folder}: it proposed no candidate; train it longer")
    roots = data_roots(folder, {"root": settings["root"] or None, "sets": {}})
    data = reopen_data(training_recipe(folder), folder, roots)
    records = {record.field: record for record in (*data.parts.train, *data.parts.val)}
    write_picture(output, grid([part for row in rows for part in pair(records[row.field], row)], columns=COLUMNS))
    print(f"{output}: {len(rows)} candidates, each beside its label; {sum(row.label == 1 for row in rows)} are mitoses")


def chosen(rows: Sequence[CandidateRow], count: int) -> list[CandidateRow]:
    """The candidates with the highest scores, half of them mitoses where there are enough."""
    ranked = sorted(rows, key=lambda row: (-row.mean, row.field, row.x, row.y))
    right, wrong = ([row for row in ranked if row.label == label] for label in (1, 0))
    mitoses = max((count + 1) // 2, count - len(wrong))
    return [*right[:mitoses], *wrong[: count - len(right[:mitoses])]]


def pair(record: Record, row: CandidateRow) -> tuple[np.ndarray, np.ndarray]:
    """The crop of a candidate, and that of its label, with mitoses in white."""
    label = np.where(record.mask() == MITOSIS, np.uint8(255), np.uint8(0))
    image, mask = (
        crop(side, (row.x, row.y), side_um=SIDE_UM, mpp=record.mpp, pixels=PIXELS, border="black")
        for side in (record.read(), cv2.cvtColor(label, cv2.COLOR_GRAY2RGB))
    )
    return image, np.where(mask > 127, np.uint8(255), np.uint8(0))


if __name__ == "__main__":
    run(main)
