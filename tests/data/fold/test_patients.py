"""The list of patients of the package, and a user's own."""

from pathlib import Path

import pytest
from refused import refused

from mitosis.data.fold.patients import read_patients


def test_the_slides_that_two_contests_share() -> None:
    known = read_patients()
    for slide in ("03", "04"):
        names = [("icpr2012", f"A{slide}"), ("icpr2012", f"H{slide}"), ("mitos_atypia14", slide)]
        assert len({known[name] for name in names}) == 1
    for slide in ("00", "01", "02"):
        assert known["icpr2012", f"A{slide}"] == known["icpr2012", f"H{slide}"]
    assert len(set(known.values())) == 5
    assert ("mitos_atypia14", "05") not in known


def test_a_users_list_is_added(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("\ufeffpatient,dataset,case,remark\np1, mine ,x,\nmitos-03,mine,y,same glass\n", encoding="utf-8")
    known = read_patients(table)
    assert (known["mine", "x"], known["mine", "y"]) == ("p1", read_patients()["icpr2012", "A03"])
    assert known.items() > read_patients().items()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dataset,case\na,b\n", "no column patient; it has dataset, case and patient"),
        ("", "no column dataset, case, patient"),
        ("dataset,case,patient\na,b,p\na,,p\n", "row 3 is not complete"),
        ("dataset,case,patient\na,b\n", "row 2 is not complete"),
        ("dataset,case,patient\na,b,p\na,b,q\n", "row 3 gives case b of a the patient q, and it already is p"),
        ("dataset,case,patient\nicpr2012,A03,q\n", "row 2 gives case A03 of icpr2012 the patient q, and it already"),
    ],
)
def test_a_broken_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text)
    said = refused(lambda: read_patients(table))
    assert said.startswith(f"data.patients={table}: ")
    assert message in said


def test_a_missing_or_unreadable_list_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: read_patients("no.csv")) == "data.patients=no.csv: no such file"
    (tmp_path / "mine.csv").write_bytes("dataset,case,patient\na,b,Präp\n".encode("cp1252"))
    assert "not readable as a csv in UTF-8" in refused(lambda: read_patients(tmp_path / "mine.csv"))
