"""Finds the images of a user's folder, names them and groups them by case."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mitosis.data.reading.root import files_under
from mitosis.errors import InputError
from mitosis.label.per_image import IMAGES

MASK = "_mask"
"""Suffix of the name of a mask next to its image: ``a.png`` and ``a_mask.png``."""


def find_images(root: Path, apart: Path | None) -> dict[str, Path]:
    """Stem → image file for all images under ``root``, sorted, without masks, hidden files and the folder ``apart``.

    Raises ``InputError`` if there is no image, or if two have the same name, even with different suffixes or in
    different folders, since the name identifies the field.
    """
    images: dict[str, Path] = {}
    for path in sorted(files_under(root)):
        if path.suffix.lower() not in IMAGES or path.name[0] == "." or path.stem.endswith(MASK):
            continue
        if apart is not None and apart in path.parents:
            continue
        if path.stem in images:
            raise InputError(f"two images are named {path.stem}: {images[path.stem]} and {path}; rename one of them")
        images[path.stem] = path
    if not images:
        raise InputError(f"data.root={root}: no image in it ({', '.join(IMAGES)})")
    return images


def cases_of(images: Mapping[str, Path], root: Path, rule: str, column: Mapping[str, str] | None) -> dict[str, str]:
    """Stem → case.

    ``rule``: ``folder`` (the image's folder), ``name`` (each image is a case), ``column`` (the value in ``column``), or
    a regular expression with one group, which is searched in the image's path relative to ``root``.
    Raises ``InputError`` if the expression is broken or does not have exactly one group, or an image gets no case.
    """
    if rule == "name":
        return {stem: stem for stem in images}
    if rule == "folder":
        return {stem: path.parent.relative_to(root).as_posix() for stem, path in images.items()}
    if rule == "column":
        assert column is not None
        if missing := [stem for stem in images if stem not in column]:
            raise InputError(f"data.case=column: the labels name no case for {images[missing[0]]}")
        return {stem: column[stem] for stem in images}
    try:
        expression = re.compile(rule)
    except re.error as error:
        raise InputError(f"data.case={rule}: no folder, name or column, and no regular expression ({error})") from None
    if expression.groups != 1:
        raise InputError(f"data.case={rule}: give folder, name, column, or a regular expression with one group in ( )")
    cases = {}
    for stem, path in images.items():
        match = expression.search(path.relative_to(root).as_posix())
        if not match or not match[1]:
            raise InputError(f"data.case={rule}: finds no case in {path.relative_to(root)}")
        cases[stem] = match[1]
    return cases


def matched(names: Iterable[str], images: Mapping[str, Path], root: Path, labels: Path) -> dict[str, str]:
    """Image name in a label file → stem of the image.

    A name may be a path relative to ``root`` or a file name, with or without the suffix; upper and lower case do not
    matter. Raises ``InputError`` if names match no image, with one of them and their number.
    """
    known: dict[str, str] = {}
    for stem, path in images.items():
        below = path.relative_to(root)
        forms = (stem, path.name, below.as_posix(), below.with_suffix("").as_posix())
        known |= {form: stem for form in forms}
        for form in forms:
            known.setdefault(form.casefold(), stem)
    stems = {name: known.get(_plain(name)) or known.get(_plain(name).casefold()) for name in names}
    if missing := [name for name, stem in stems.items() if stem is None]:
        raise InputError(
            f"{labels}: {len(missing)} of {len(stems)} labelled images are not under {root}: {missing[0]}"
            f"{', …' if len(missing) > 1 else ''}"
        )
    return {name: stem for name, stem in stems.items() if stem is not None}


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
