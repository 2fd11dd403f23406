"""Figure 7 of SCMitosis, sample images: ``python experiments/figure7.py [data=WORD] [root=DIR] [KEY=VALUE …]``.

Shows fields from a dataset's cases in turn, with mitoses outlined, next to their labels in black and white. ``fields``
is the number of fields (default 6), ``output`` the picture (default ``prepared/WORD/figure7.png``). Other keys are
settings of the dataset. Without ``data``, synthetic fields are shown, which need no ``root``.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from picture import fitted, outlined, samples, titled
from script import opened, pairs, run, whole_number

from mitosis.data.record import Record
from mitosis.image.mask_value import MITOSIS
from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture

COLUMNS = 4


def main(arguments: Sequence[str]) -> None:
    settings = {"data": "synthetic", "fields": "6"} | pairs(arguments)
    word, count = settings.pop("data"), settings.pop("fields")
    output = Path(settings.pop("output", f"prepared/{word}/figure7.png"))
    data, _ = opened(word, settings)
    records = samples(data.records(), whole_number("fields", count))
    write_picture(output, grid([part for record in records for part in pair(record)], columns=COLUMNS))
    mitoses = sum(len(record.figures) for record in records)
    print(f"{output}: {len(records)} fields of {word} with {mitoses} mitoses, each beside its label")


def pair(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """The field with its mitoses outlined, and its label, with mitoses in white."""
    mitoses = np.where(record.mask() == MITOSIS, np.uint8(255), np.uint8(0))
    label = np.where(fitted(mitoses) > 0, np.uint8(255), np.uint8(0))
    image = outlined(fitted(record.read()), label)
    count = f"{len(record.figures)} {'mitosis' if len(record.figures) == 1 else 'mitoses'}"
    return titled(image, f"{record.field}, {count}"), titled(cv2.cvtColor(label, cv2.COLOR_GRAY2RGB), "label")


if __name__ == "__main__":
    run(main)
