"""The patients and folds of a user's own images."""

import unicodedata
from pathlib import Path

import pytest
from own_images import folder, picture, records, refusal


@pytest.mark.filterwarnings("ignore:.*taken as images")
@pytest.mark.parametrize(
    ("rule", "cases"),
    [
        ("folder", ["p1", "p2", "p2"]),
        ("name", ["a", "b", "c"]),
        (r"p(\d)", ["1", "2", "2"]),
        (r"/([ab]|c)\.", ["a", "b", "c"]),
    ],
)
def test_cases(root: Path, rule: str, cases: list[str]) -> None:
    assert [item.case for item in records(root, labels="cells.csv", case=rule).values()] == cases


def test_cases_from_a_column(root: Path) -> None:
    (root / "cells.csv").write_text("Case,image,X,y\n7,a,1,1\n7,a,2,2\n7,b,,\nx y,c.png,3,3\n")
    by_name = records(root, labels="cells.csv", case="column")
    assert [(item.case, len(item.figures)) for item in by_name.values()] == [("7", 2), ("7", 0), ("x y", 1)]
    (root / "cells.csv").write_text("Case,image,X,y\n7,a,1,1\n8,a,2,2\n")
    assert "cells.csv, row 3: a has the case '8', '7' before" in refusal(root, labels="cells.csv", case="column")


@pytest.mark.filterwarnings("ignore:.*taken as images")
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("p\\d", "with one group in ( )"),
        ("(", "no regular expression"),
        (r"(\d\d)", "finds no case in p1/a.png"),
        ("column", "no column case"),
    ],
)
def test_rules_that_find_no_case_are_refused(root: Path, rule: str, expected: str) -> None:
    assert expected in refusal(root, labels="cells.csv", case=rule)


def test_folds_are_made_by_case_or_read_from_a_csv(tmp_path: Path) -> None:
    names = [f"p{case}/f{case}{number}" for case in range(6) for number in range(2)]
    for name in names:
        picture(tmp_path / f"{name}.png", (8, 8))
    (tmp_path / "cells.csv").write_text("image,x,y\n" + "".join(f"{name},4,4\n" for name in names))
    parts = folder(tmp_path, labels="cells.csv", fold=1).parts
    assert [item.field for item in parts.test] == ["f10", "f11"]
    assert [item.case for item in parts.val] == ["p2", "p2"]
    assert len(parts.train) == 8
    own = {"train": "f00", "val": "f10", "test": "f20"}
    (tmp_path / "f.csv").write_text("fold,part,field\n" + "".join(f"0,{part},{name}\n" for part, name in own.items()))
    with pytest.warns(UserWarning, match="are in no fold list"):
        parts = folder(tmp_path, labels="cells.csv", folds=str(tmp_path / "f.csv")).parts
    assert [item.field for item in parts.train + parts.val + parts.test] == ["f00", "f10", "f20"]


@pytest.mark.parametrize("rule", ["column", "folder", r"^(.*)/"])
def test_a_patient_in_two_unicode_forms_is_one(tmp_path: Path, rule: str) -> None:
    forms = [unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD")]
    for name, form in zip("ab", forms, strict=True):
        picture(tmp_path / form / f"{name}.png")
    rows = "".join(f"{name},30,20,{form}\n" for name, form in zip("ab", forms, strict=True))
    (tmp_path / "cells.csv").write_text(f"image,x,y,case\n{rows}", encoding="utf-8")
    assert {one.case for one in records(tmp_path, labels="cells.csv", case=rule).values()} == {forms[0]}


def test_one_folder_of_images_is_one_patient_with_a_word(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "flat" / f"{name}.png")
    (tmp_path / "flat/cells.csv").write_text("image,x,y\na,5,5\nb,6,6\n")
    with pytest.warns(UserWarning, match=r"all 2 images lie in one folder and count as one patient; type data"):
        assert {item.case for item in records(tmp_path / "flat", labels="cells.csv").values()} == {"flat"}
