"""Figure 7 of SCMitosis, sample images: ``python experiments/figure7.py [data=WORD] [root=DIR] [KEY=VALUE …]``.

Fields of a dataset from its cases in turn, mitoses outlined, each beside its label in black and white. ``fields``: how
many, 6 unless typed. ``output``: the picture, ``prepared/WORD/figure7.png`` unless typed. Other keys are the dataset's
own. Without ``data`` drawn fields are shown, which need no ``root``.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from picture import fitted, outlined, samples, titled
from script import opened, pairs, run

from mitosis.data.record import Record
from mitosis.image.mask_value import MITOSIS
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture

COLUMNS = 4


def main(arguments: Sequence[str]) -> None:
    given = {"data": "synthetic", "fields": "6"} | pairs(arguments)
    word, wanted = given.pop("data"), given.pop("fields")
    output = Path(given.pop("output", f"prepared/{word}/figure7.png"))
    data, _ = opened(word, given)
    records = samples(data.records(), wanted)
    write_picture(output, grid([part for record in records for part in pair(record)], columns=COLUMNS))
    mitoses = sum(len(record.figures) for record in records)
    print(f"{output}: {len(records)} fields of {word} with {mitoses} mitoses, each beside its label")


def pair(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """The field with its mitoses outlined, and its label: white where a mitosis is."""
    mitoses = np.where(record.mask() == MITOSIS, np.uint8(255), np.uint8(0))
    label = np.where(fitted(mitoses) > 0, np.uint8(255), np.uint8(0))
    image = outlined(fitted(record.read()), label)
    said = f"{len(record.figures)} {'mitosis' if len(record.figures) == 1 else 'mitoses'}"
    return titled(image, f"{record.field}, {said}"), titled(cv2.cvtColor(label, cv2.COLOR_GRAY2RGB), "label")


if __name__ == "__main__":
    run(main)
