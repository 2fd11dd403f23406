"""The images of a user's own folder: found, named, and grouped by case."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mitosis.data.reading.root import files_under
from mitosis.errors import InputError
from mitosis.label.per_image import IMAGES

MASK = "_mask"
"""What a mask's name ends in where it lies beside its image: ``a.png`` and ``a_mask.png``."""


def find_images(root: Path, apart: Path | None) -> dict[str, Path]:
    """Stem → image file, everything under ``root`` but masks and what lies in the folder ``apart``; sorted.

    Hidden files are not images. Raises ``InputError`` when there is none, and for two images of one name, even
    with other suffixes or in other folders: a field is known by its name.
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
    """The case of each image: stem → case.

    ``rule``: folder (the image's own), name (each image is one), column (``column`` has it), or a regular expression
    whose one group is found in the image's path below ``root``.
    Raises ``InputError`` for a broken expression, one with any other number of groups, and an image of no case.
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
    """Which image each name in a label file means: name → stem.

    A name is the image's path below ``root``, its file's name, or either without the suffix, in any case.
    Raises ``InputError`` when there is no such image, naming one of them and how many there are.
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
