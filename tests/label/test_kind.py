"""The meaning of class names."""

import pytest

from mitosis.errors import InputError
from mitosis.label.kind import is_mitotic


@pytest.mark.parametrize(
    "name", ["mitosis", "Mitotic figure", "MITOTIC-FIGURES", "mf", 1, "1", "Tumor: Mitosis", "atypical_mitosis"]
)
def test_these_names_mean_mitosis(name: object) -> None:
    assert is_mitotic(name, "here") is True


@pytest.mark.parametrize(
    "name",
    ["non-mitosis", "Non mitotic", "nonmitotic figure", "not mitotic figure", "not_mitosis", "hard negative", "0", 0]
    + ["hard negative imposter", "Mitosis look-alike", "mitotic-like cell", "NMF", "lookalike"],
)
def test_these_names_mean_hard_negative(name: object) -> None:
    assert is_mitotic(name, "here") is False


@pytest.mark.parametrize("name", ["", None, "tumor", "2", "lymphocyte", "none", "amitosis", "no idea"])
def test_other_names_are_refused(name: object) -> None:
    with pytest.raises(InputError, match=r"^row 7: the class .* is not known"):
        is_mitotic(name, "row 7")
