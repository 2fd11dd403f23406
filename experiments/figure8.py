"""Figure 8 of SCMitosis, stain normalisation: ``python experiments/figure8.py [data=WORD] [root=DIR] [KEY=VALUE …]``.

Shows (a) fields from a dataset's cases in turn, (b) the same fields after normalisation by ``stain`` (default macenko).
``fields`` is the number of fields (default 4), ``output`` the picture (default ``prepared/WORD/figure8-STAIN.png``).
Other keys are settings of the dataset. Without ``data``, synthetic fields are shown, which need no ``root``.
"""

from collections.abc import Sequence
from pathlib import Path

from picture import fitted, samples, titled
from script import opened, pairs, run, whole_number

from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture


def main(arguments: Sequence[str]) -> None:
    settings = {"data": "synthetic", "fields": "4", "stain": "macenko"} | pairs(arguments)
    word, count, stain = settings.pop("data"), settings.pop("fields"), settings.pop("stain")
    output = Path(settings.pop("output", f"prepared/{word}/figure8-{stain}.png"))
    data, normalise = opened(word, settings, f"stain={stain}")
    records = samples(data.records(), whole_number("fields", count))
    before, after = [], []
    for record in records:
        image = record.read()
        before.append(titled(fitted(image), f"(a) {record.field}"))
        after.append(titled(fitted(normalise(image, record.field)), f"(b) {record.field}, {stain}"))
    write_picture(output, grid([*before, *after], columns=len(records)))
    print(f"{output}: {len(records)} fields of {word}, (a) as they are, (b) after {stain}")


if __name__ == "__main__":
    run(main)
