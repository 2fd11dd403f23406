"""The meaning of class names in label files: mitosis, hard negative, or passed over because the user says so."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mitosis.errors import InputError
from mitosis.label.name import composed

YES = frozenset(("mitosis", "mitoses", "mitotic", "mitotics", "mf", "positive"))
"""Words that mean a mitosis."""
NO = frozenset(
    ("non", "not", "no", "negative", "false", "fake", "pseudo", "nmf", "like", "alike", "lookalike")
    + ("imposter", "impostor", "mimic", "mimicker", "mimicking", "mimicry")
)
"""Words that turn it into a hard negative."""
BESIDE = frozenset(
    (
        "figure",
        "cell",
        "nucleus",
        "nuclei",
        "tumor",
        "tumour",
        "a",
        "an",
        "the",
        "is",
        "of",
        "look",
        "hard",
        "true",
        "real",
    )
    + (
        "certain",
        "definite",
        "confirmed",
        "atypical",
        "typical",
        "early",
        "late",
        "prophase",
        "prometaphase",
        "metaphase",
    )
    + ("anaphase", "telophase")
)
"""Words that change nothing. Any other word may make it a third kind of cell."""
CELLS = frozenset(("tumor", "tumour", "cell", "nucleus", "nuclei"))
"""Those of them that are positive or negative for a marker too, as in QuPath's "Tumor: Positive"."""
BORDERLINE = frozenset(
    ("possible", "possibly", "probable", "probably", "likely", "uncertain", "unsure", "unclear", "unknown", "maybe")
    + ("questionable", "suspicious", "suspected", "ambiguous", "doubtful", "equivocal", "indeterminate", "borderline")
    + ("candidate",)
)
"""Words of annotators who did not decide."""
OPEN = r"""[^\w\s/.,:;()\[\]'"|\u200b\u2010-\u2014-]|^\W*[\u2010-\u2014-]|[\u2010-\u2014-]\W*$|\([\u2010-\u2014-]\)"""
"""Signs that may mean something: any but those between words, and a minus before or after all of them."""
NUMBERS = {"1": True, "0": False, "1.0": True, "0.0": False}
"""Numbers that stand for a class, alone."""
UNCLASSIFIED = "unclassified"
"""How ``data.classes`` names objects without a class."""
MEANINGS: dict[str, bool | None] = {"mitosis": True, "non-mitosis": False, "ignore": None}
"""What ``data.classes`` may say of a class; ``ignore`` passes its objects over."""


class ClassNames:
    """What the class names in label files mean, and how many objects of which class were passed over.

    Args:
        given: The user's own table, class name → one of ``MEANINGS``; it goes before the usual meaning of a name.
            Case, spaces and signs between words do not matter, other signs do: "mitosis" does not speak of "Mitosis?".
            ``UNCLASSIFIED`` stands for objects without a class.
        key: How the user types that table, for messages.

    Raises:
        InputError: ``given`` is not such a table.
    """

    def __init__(self, given: object = None, key: str = "classes") -> None:
        self.key = key
        self.passed_over: Counter[str] = Counter()
        self._given: dict[str, bool | None] = {}
        if given is not None and not isinstance(given, Mapping):
            raise InputError(f"{key}={given}: give a table, such as {key}={{ROI: ignore}}")
        table: Mapping[Any, Any] = given or {}
        for name, meaning in table.items():
            if meaning not in MEANINGS:
                raise InputError(f"{key}: {name} is {meaning!r}; choose one of {', '.join(MEANINGS)}")
            self._given[_key(UNCLASSIFIED if name is None else name)] = MEANINGS[meaning]

    def mitotic(self, name: object, where: str) -> bool | None:
        """Whether the class means mitosis; False: hard negative. None: the object is passed over, and counted.

        ``name``: the class, None or empty for an object without one. Raises ``InputError`` that starts with ``where``
        for a name whose meaning is not known or not certain, or that is missing.
        """
        missing = name is None or not str(name).strip()
        key = _key(UNCLASSIFIED if missing else name)
        if key in self._given:
            meaning = self._given[key]
        elif missing:
            raise InputError(
                f"{where}: it has no class; give it the class Mitosis or Non-mitosis, remove it, or type what all"
                f" without one are: {self.key}={{{UNCLASSIFIED}: ignore}} (or mitosis, or non-mitosis)"
            )
        else:
            meaning = self._usual(name, key, where)
        if meaning is None:
            self.pass_over(UNCLASSIFIED if missing else str(name))
        return meaning

    def pass_over(self, what: str) -> None:
        """Count an object that is passed over."""
        self.passed_over[what] += 1

    def remark(self) -> str:
        """One line with the numbers of what was passed over; empty if nothing was."""
        counted = ", ".join(f"{count} of {what!r}" for what, count in sorted(self.passed_over.items()))
        return counted and f"{sum(self.passed_over.values())} annotation(s) are skipped: {counted}"

    def _usual(self, name: object, key: str, where: str) -> bool:
        meaning = meaning_of(name)
        if meaning is None:
            undecided = _words(name) & BORDERLINE or "?" in str(name)
            problem = "leaves open whether it is a mitosis" if undecided else "is not known"
            raise InputError(
                f"{where}: the class {name!r} {problem}; name it mitosis or non-mitosis, or type"
                f" {self.key}={{{_typed(key)}: mitosis}} (or non-mitosis, or ignore)"
            )
        return meaning


def meaning_of(name: object) -> bool | None:
    """Whether a class name means mitosis in the field's words; False if hard negative, None if that is not certain.

    A name of ``YES`` words means mitosis, one with a ``NO`` word anywhere hard negative ("Mitosis: Negative",
    "look-alikes"), whatever words of ``BESIDE`` stand with them. A name with any other word, with a no to a no ("not a
    look-alike", "false negative"), or of a cell that is positive or negative for something, is not certain. Case,
    plurals and signs do not matter.
    """
    text = str(name).strip().lower()
    if text in NUMBERS:
        return NUMBERS[text]
    words = [_single(word) for word in _plain(name).split()]
    known = YES | NO | BESIDE
    if any(word not in known for word in words) or re.search(OPEN, text):
        return None
    if any(one in ("non", "not", "no", "false", "fake") and other in NO for one, other in _pairs(words)):
        return None
    if set(words) & CELLS and not set(words) - CELLS - {"positive", "negative"}:
        return None
    if any(word in NO - {"no", "not", "non", "like", "alike"} for word in words):
        return False
    said = any(word in YES for word in words)
    against = any(word in NO for word in words)
    if "look" in words and against:  # look-alike
        return False
    return (not against) if said else None


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    """Neighbouring words, without those that change nothing."""
    left = [word for word in words if word not in BESIDE]
    return list(zip(left, left[1:], strict=False))


def _words(name: object) -> set[str]:
    return {_single(word) for word in _plain(name).split()}


def _single(word: str) -> str:
    """A word without the s of its plural, if it is known without it."""
    return word[:-1] if word.endswith("s") and word[:-1] in YES | NO | BESIDE | BORDERLINE else word


def _key(name: object) -> str:
    """What tells a name from others in the user's table: its words, or all of it if it has signs that may mean more."""
    text = composed(str(name)).strip().casefold()
    return text if re.search(OPEN, text) else _plain(name)


def _typed(key: str) -> str:
    """A key as it is typed in the user's table."""
    return key if key == _plain(key) else json.dumps(key, ensure_ascii=False)


def _plain(name: object) -> str:
    """The words of a name in lower case: NonMitosis and non_mitosis are "non mitosis"."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", composed(str(name)))
    text = re.sub(r"[\W_]+", " ", text).strip().lower()
    text = re.sub(r"\b(non|not|pseudo|fake)(?=mito)", r"\1 ", text)
    return re.sub(r"(mitosis|mitoses|mitotic)(?=(look)?a?likes?\b)", r"\1 ", text)
