"""Figure 8 of SCMitosis, stain normalisation: ``python experiments/figure8.py [data=WORD] [root=DIR] [KEY=VALUE …]``.

(a) Fields of a dataset from its cases in turn, (b) the same after normalisation by ``stain``, macenko unless typed.
``fields``: how many, 4 unless typed. ``output``: the picture, ``prepared/WORD/figure8-STAIN.png`` unless typed. Other
keys are the dataset's own. Without ``data`` drawn fields are shown, which need no ``root``.
"""

from collections.abc import Sequence
from pathlib import Path

from picture import fitted, samples, titled
from script import opened, pairs, run

from mitosis.output.grid import grid
from mitosis.output.overlay import write_picture


def main(arguments: Sequence[str]) -> None:
    given = {"data": "synthetic", "fields": "4", "stain": "macenko"} | pairs(arguments)
    word, wanted, stain = given.pop("data"), given.pop("fields"), given.pop("stain")
    output = Path(given.pop("output", f"prepared/{word}/figure8-{stain}.png"))
    data, normalise = opened(word, given, f"stain={stain}")
    records = samples(data.records(), wanted)
    before, after = [], []
    for record in records:
        image = record.read()
        before.append(titled(fitted(image), f"(a) {record.field}"))
        after.append(titled(fitted(normalise(image, record.field)), f"(b) {record.field}, {stain}"))
    write_picture(output, grid([*before, *after], columns=len(records)))
    print(f"{output}: {len(records)} fields of {word}, (a) as they are, (b) after {stain}")


if __name__ == "__main__":
    run(main)
