"""Mitosis or hard negative: what the class names of label files mean."""

import re

from mitosis.errors import InputError

_NEGATIVE = re.compile(
    r"0|nmf|negative|(non|not|no)( a)? ?mito.*|.*\b(hard negative|imposter|impostor|look ?alike|like)\b.*"
)
_MITOTIC = re.compile(r"1|mf|positive|.*\bmito(sis|ses|tic)\b.*")


def is_mitotic(name: object, where: str) -> bool:
    """Whether the class ``name`` is that of mitoses; False for hard negatives.

    Mitoses: mitosis, mitotic figure, MF, positive, 1, or a name with such a word in it; hard negatives: the same behind
    non or not, or look-alike, imposter, hard negative, NMF, negative, 0. Case, ``-`` and ``_`` do not matter.
    Raises ``InputError`` beginning with ``where`` for any other name: it may be a third kind of cell.
    """
    words = re.sub(r"[\s_\-/]+", " ", str(name)).strip().lower()
    if _NEGATIVE.fullmatch(words):
        return False
    if _MITOTIC.fullmatch(words):
        return True
    raise InputError(f"{where}: the class {name!r} is not known; name it mitosis or non-mitosis, or remove it")
