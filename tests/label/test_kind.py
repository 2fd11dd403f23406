"""The meaning of class names."""

import unicodedata
from typing import Any

import pytest

from mitosis.errors import InputError
from mitosis.label.kind import ClassNames, meaning_of

YES = [
    *("mitosis", "Mitotic figure", "MITOTIC-FIGURES", "mf", 1, "1", "1.0", "Tumor: Mitosis", "atypical_mitosis"),
    *("Mitoses", "positive", "true mitosis", "MitoticFigure", "Mitosis: Metaphase"),
]
NO = [
    *("non-mitosis", "Non mitotic", "nonmitotic figure", "not mitotic figure", "not_mitosis", "hard negative", "0", 0),
    *("hard negative imposter", "Mitosis look-alike", "mitotic-like cell", "NMF", "lookalike", "look-alikes"),
    *("imposters", "Mitosis: Negative", "mitosis negative", "false mitosis", "fake mitosis", "NonMitosis"),
    *("mitosis (false positive)", "mimic", "Mitotic mimics", "mitosis-lookalikes", "pseudomitosis", "mitosislike"),
    *("non\u2010mitosis", "non\u2013mitosis", "[not] mitosis", "look/alike"),
    *("not a mitosis", "hard negatives", "non-mitotic look-alike", "Mitosis: not"),
]
BORDERLINE = ["possible mitosis", "Mitosis: uncertain", "mitosis?", "probable mitotic figure"]
OTHER = [
    *("tumor", "2", "lymphocyte", "none", "amitosis", "no idea", "false negative", "not a look-alike", "mitosis -"),
    *("cell", "apoptosis", "mitosis 2", "no", "premitotic", "MF-", "-mitosis", "mitosis (-)", "MF+", "!mitosis"),
    *("Tumor: Positive", "Tumor: Negative", "positive cells"),
    *("~mitosis", "mitosis ✗", "mitosis*", "mitosis \u2013"),
]


@pytest.mark.parametrize("name", YES)
def test_these_names_mean_mitosis(name: object) -> None:
    assert meaning_of(name) is True
    assert ClassNames().mitotic(name, "here") is True


@pytest.mark.parametrize("name", NO)
def test_these_names_mean_hard_negative(name: object) -> None:
    assert meaning_of(name) is False
    assert ClassNames().mitotic(name, "here") is False


@pytest.mark.parametrize("name", OTHER)
def test_other_names_are_asked_for(name: str) -> None:
    with pytest.raises(InputError, match=r"^row 7: the class .* is not known; .*type data\.classes=\{.*: mitosis\}"):
        ClassNames(key="data.classes").mitotic(name, "row 7")


@pytest.mark.parametrize("name", BORDERLINE)
def test_names_of_annotators_who_did_not_decide_are_asked_for(name: str) -> None:
    with pytest.raises(InputError, match=r"^row 7: the class .* leaves open whether it is a mitosis"):
        ClassNames().mitotic(name, "row 7")


@pytest.mark.parametrize("name", [None, "", " "])
def test_objects_without_a_class_are_asked_for(name: object) -> None:
    with pytest.raises(
        InputError, match=r"^row 7: it has no class; .* without one are: classes=\{unclassified: ignore\}"
    ):
        ClassNames().mitotic(name, "row 7")


def test_the_users_own_table_goes_before_and_what_it_passes_over_is_counted() -> None:
    given = {"tumor roi": "ignore", "Possible Mitosis": "mitosis", 2: "non-mitosis", "unclassified": "ignore"}
    names = ClassNames({**given, "mitosis": "non-mitosis"})
    said = [names.mitotic(name, "here") for name in ("Tumor: ROI", "possible-mitosis", "2", 2, None, "", "Mitosis")]
    assert said == [None, True, False, False, None, None, False]
    assert names.remark() == "3 annotation(s) are skipped: 1 of 'Tumor: ROI', 2 of 'unclassified'"
    assert names.mitotic("mitotic figure", "here") is True
    assert not ClassNames().remark()


@pytest.mark.parametrize("given", ["mitosis", ["a"], {"a": "yes"}, {"a": True}])
def test_a_table_of_another_form_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"^classes"):
        ClassNames(given)


def test_signs_that_may_mean_more_tell_names_of_the_users_table_apart() -> None:
    names = ClassNames({"mitosis?": "ignore", "Mitosis (-)": "non-mitosis"})
    assert [names.mitotic(name, "here") for name in ("Mitosis?", "mitosis (-)", "Mitosis")] == [None, False, True]
    with pytest.raises(InputError, match=r'type classes=\{"mf\+": mitosis\}'):
        ClassNames({"MF": "ignore"}).mitotic("MF+", "here")


def test_names_in_two_unicode_forms_are_one_and_may_be_of_any_script() -> None:
    given = {unicodedata.normalize("NFC", "Übergang"): "ignore", "有丝分裂": "mitosis", "\N{CHECK MARK}": "mitosis"}
    names = ClassNames(given)
    said = [
        names.mitotic(name, "") for name in (unicodedata.normalize("NFD", "übergang"), "有丝分裂", "\N{CHECK MARK}")
    ]
    assert said == [None, True, True]
