"""The meaning of class names in label files: mitosis or hard negative."""

import re

from mitosis.errors import InputError

_NEGATIVE = re.compile(
    r"0|nmf|negative|(non|not|no)( a)? ?mito.*|.*\b(hard negative|imposter|impostor|look ?alike|like)\b.*"
)
_MITOTIC = re.compile(r"1|mf|positive|.*\bmito(sis|ses|tic)\b.*")


def is_mitotic(name: object, where: str) -> bool:
    """Whether the class ``name`` means mitosis; False if it means hard negative.

    Mitosis: mitosis, mitotic figure, MF, positive, 1, or a name that contains mitosis, mitoses or mitotic. Hard
    negative: the same after "non" or "not", or look-alike, imposter, hard negative, NMF, negative, 0. Case, ``-`` and
    ``_`` do not matter. Raises ``InputError`` that starts with ``where`` for any other name, which may be a third kind
    of cell.
    """
    words = re.sub(r"[\s_\-/]+", " ", str(name)).strip().lower()
    if _NEGATIVE.fullmatch(words):
        return False
    if _MITOTIC.fullmatch(words):
        return True
    raise InputError(f"{where}: the class {name!r} is not known; name it mitosis or non-mitosis, or remove it")
