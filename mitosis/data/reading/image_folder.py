"""Finds the images of a user's folder, names them and groups them by case."""

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from mitosis.errors import InputError
from mitosis.image.search import warn_of_unread
from mitosis.image.walk import files_under
from mitosis.label.name import composed
from mitosis.label.per_image import IMAGES

MASK = "_mask"
"""Suffix of the name of a mask next to its image: ``a.png`` and ``a_mask.png``."""


def find_images(root: Path, apart: Path | None) -> dict[str, Path]:
    """Stem → image file for all images under ``root``, sorted, without masks and the folder ``apart``.

    Warnings count images of kinds that are not read, and links that lead nowhere. Raises ``InputError`` if there is no
    image, or if two have the same name, even with different suffixes or in different folders, since the name identifies
    the field.
    """
    images: dict[str, Path] = {}
    files = [path for path in sorted(files_under(root)) if apart is None or apart not in path.parents]
    warn_of_unread(root, files)
    for path in files:
        if path.suffix.lower() not in IMAGES or path.stem.endswith(MASK) or not path.is_file():
            continue
        stem = composed(path.stem)
        if stem in images:
            raise InputError(f"two images are named {stem}: {images[stem]} and {path}; rename one of them")
        images[stem] = path
    if not images:
        raise InputError(f"data.root={root}: no image in it ({', '.join(IMAGES)})")
    return images


def cases_of(images: Mapping[str, Path], root: Path, rule: str, column: Mapping[str, str] | None) -> dict[str, str]:
    """Stem → case, with composed letters, so that a patient in two Unicode forms is one.

    ``rule``: ``folder`` (the image's folder), ``name`` (each image is a case), ``column`` (the value in ``column``), or
    a regular expression with one group, which is searched in the image's path relative to ``root``.
    Raises ``InputError`` if the expression is broken or does not have exactly one group, or an image gets no case.
    """
    below = {stem: PurePosixPath(composed(path.relative_to(root).as_posix())) for stem, path in images.items()}
    if rule == "name":
        return {stem: stem for stem in images}
    if rule == "folder":
        if len(images) > 1 and all(path.parent == root for path in images.values()):
            warnings.warn(
                f"data.case=folder: all {len(images)} images lie in one folder and count as one patient; type"
                " data.case=name if each is one, or a regular expression on their names",
                stacklevel=3,
            )
        return {stem: root.name if path.parent == PurePosixPath() else str(path.parent) for stem, path in below.items()}
    if rule == "column":
        assert column is not None
        if missing := [stem for stem in images if stem not in column]:
            raise InputError(f"data.case=column: the labels name no case for {images[missing[0]]}")
        return {stem: column[stem] for stem in images}
    try:
        expression = re.compile(composed(rule))
    except re.error as error:
        raise InputError(f"data.case={rule}: no folder, name or column, and no regular expression ({error})") from None
    if expression.groups != 1:
        raise InputError(f"data.case={rule}: give folder, name, column, or a regular expression with one group in ( )")
    cases = {}
    for stem, path in below.items():
        match = expression.search(str(path))
        if not match or not match[1]:
            raise InputError(f"data.case={rule}: finds no case in {path}")
        cases[stem] = match[1]
    return cases


def matched(names: Iterable[str], images: Mapping[str, Path], root: Path, labels: Path) -> dict[str, str]:
    """Image name in a label file → stem of the image.

    A name may be a path relative to ``root`` or a file name, with or without the suffix; upper and lower case and the
    form of its letters do not matter. Raises ``InputError`` if names match no image, with one of them and their number.
    """
    known: dict[str, str] = {}
    for stem, path in images.items():
        below = path.relative_to(root)
        forms = [composed(form) for form in (stem, path.name, below.as_posix(), below.with_suffix("").as_posix())]
        known |= {form: stem for form in forms}
        for form in forms:
            known.setdefault(form.casefold(), stem)
            known.setdefault(form.strip().casefold(), stem)  # a csv's values are read without spaces around them
    stems = {name: known.get(_plain(name)) or known.get(_plain(name).casefold()) for name in names}
    if missing := [name for name, stem in stems.items() if stem is None]:
        raise InputError(
            f"{labels}: {len(missing)} of {len(stems)} labelled images are not under {root}: {missing[0]}"
            f"{', …' if len(missing) > 1 else ''}"
        )
    return {name: stem for name, stem in stems.items() if stem is not None}


def _plain(name: str) -> str:
    return composed(name).replace("\\", "/").removeprefix("./")
