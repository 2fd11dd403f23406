"""Figure 5 of SCMitosis, candidates beside their labels: ``python experiments/figure5.py run=RUN [KEY=VALUE …]``.

``run`` is a segmenter's run after ``mitosis.propose``. Half of the candidates match a mitosis; a label is the mask of
the same square. ``candidates`` is their number (default 12), ``output`` the picture (default ``RUN/figure5.png``),
``root`` the dataset's folder if it has moved.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from picture import cell
from script import of_run, run

from mitosis.data.record import Record
from mitosis.data.view.candidate_table import CandidateRow, read_candidates
from mitosis.errors import InputError
from mitosis.image.mask_value import MITOSIS
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture
from mitosis.run.assembly import reopen_data
from mitosis.run.folder import data_roots, training_recipe

COLUMNS = 8


def main(arguments: Sequence[str]) -> None:
    typed = of_run(arguments, "figure5", "a segmenter's run", "candidates", 12)
    folder = typed.folder
    rows = chosen(read_candidates(folder / "candidates.csv"), typed.count)
    if not rows:
        raise InputError(f"{folder}: it proposed no candidate; train it longer")
    data = reopen_data(training_recipe(folder), folder, data_roots(folder, typed.given))
    records = {record.field: record for record in (*data.parts.train, *data.parts.val)}
    pictures = [part for row in rows for part in pair(records[row.field], row)]
    write_picture(typed.output, grid(pictures, columns=COLUMNS))
    mitoses = sum(row.label == 1 for row in rows)
    print(f"{typed.output}: {len(rows)} candidates, each beside its label; {mitoses} are mitoses")


def chosen(rows: Sequence[CandidateRow], count: int) -> list[CandidateRow]:
    """The candidates with the highest scores, half of them mitoses where there are enough."""
    ranked = sorted(rows, key=lambda row: (-row.mean, row.field, row.x, row.y))
    right, wrong = ([row for row in ranked if row.label == label] for label in (1, 0))
    mitoses = max((count + 1) // 2, count - len(wrong))
    return [*right[:mitoses], *wrong[: count - len(right[:mitoses])]]


def pair(record: Record, row: CandidateRow) -> tuple[np.ndarray, np.ndarray]:
    """The crop of a candidate, and that of its label, with mitoses in white."""
    label = np.where(record.mask() == MITOSIS, np.uint8(255), np.uint8(0))
    sides = (record.read(), cv2.cvtColor(label, cv2.COLOR_GRAY2RGB))
    image, mask = (cell(side, (row.x, row.y), record.mpp) for side in sides)
    return image, np.where(mask > 127, np.uint8(255), np.uint8(0))


if __name__ == "__main__":
    run(main)
