"""The label files of AMIDA13 and TUPAC16: folders of csvs with row before column, the original and the alternative."""

import re
from collections.abc import Iterable
from pathlib import Path

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.rows import read_rows

MITOSES, OTHERS = "mitoses_ground_truth", "nonmitoses_ground_truth"


def image_of(path: Path) -> str | None:
    """The image that a file ``<case>/<number>.<suffix>`` belongs to ("01/07"); None for any other path."""
    name = f"{path.parent.name}/{path.stem}"
    return name if re.fullmatch(r"\d\d/\d\d", name) else None


def read_tupac(paths: Iterable[Path], *, alternative: bool) -> Labels:
    """Read the csvs ``mitoses_ground_truth/01/07.csv`` among the files; other files are skipped.

    ``alternative``: True reads the TUPAC16 alternative labels: trees that lie next to a tree
    ``nonmitoses_ground_truth``, and that tree; an image without such cells has an empty csv. False reads the original
    labels: trees without such a neighbour. They have no csv for an image without mitoses, so ``sizes`` lacks such
    images. A row is row,column, that is, y first.
    Raises ``InputError`` if one of the two alternative files is missing, a file exists twice, or a row does not consist
    of numbers.
    """
    trees: dict[Path, list[tuple[str, bool, Path]]] = {}
    for path in sorted(paths):
        tree = next((folder for folder in path.parents if folder.name.lower() in (MITOSES, OTHERS)), None)
        image = image_of(path)
        if tree is not None and image and path.suffix.lower() == ".csv":
            trees.setdefault(tree.parent, []).append((image, tree.name.lower() == MITOSES, path))
    tables: dict[tuple[str, bool], Path] = {}
    for rows in trees.values():
        if alternative != any(not mitotic for _, mitotic, _ in rows):
            continue
        for image, mitotic, path in rows:
            if (image, mitotic) in tables:
                raise InputError(f"two label files of one image: {tables[image, mitotic]} and {path}; remove one")
            tables[image, mitotic] = path
    for (image, mitotic), path in tables.items():
        if alternative and (image, not mitotic) not in tables:
            folder = OTHERS if mitotic else MITOSES
            raise InputError(f"{path}: no {folder}/{image}.csv to it; an image without such cells has an empty one")
    cells = [
        Annotation(image, mitotic, x, y)
        for (image, mitotic), path in sorted(tables.items())
        for y, x in read_rows(path, "row,column")
    ]
    return Labels(tuple(cells), {image: None for image, _ in sorted(tables)})
