"""Table 1: what was published, beside what miniatures hold; every mistake in one line."""

import sys
from pathlib import Path

import pytest
import script
import table1
from miniature import icpr2012, mitos_atypia14, tupac16


@pytest.fixture
def printed(capsys: pytest.CaptureFixture):
    """``printed("word=DIR", …)``: the table's rows by set, or by set and part, and the remarks below it."""

    def run(*arguments: str) -> tuple[dict[str, list[str]], list[str]]:
        table1.main(arguments)
        said = capsys.readouterr().out.splitlines()
        rows, last = {}, ""
        for name, *cells in ([cell.strip() for cell in line[1:-1].split("|")] for line in said if line[:1] == "|"):
            last = last if name.startswith("·") else name.strip("*").split("*")[0]
            rows[f"{last} {name}" if name.startswith("·") else last] = cells
        return rows, [line for line in said if line.startswith("- ")]

    return run


def test_without_a_root_only_what_was_published_is_shown(printed) -> None:
    rows, remarks = printed()
    assert rows["data set"] == [*("fields", "found", "mitoses", "found", "hard negatives", "found"), *table1.HEAD[7:]]
    assert rows["MIDOG++"][:8] == ["503", "–", "11,937", "–", "14,349", "–", "0.23, 0.25", "CC0"]
    assert rows["TUPAC16, alternative labels"][:6] == ["656", "–", "1,999", "–", "10,483", "–"]
    assert rows["GZMH"][-1].endswith("doi:10.57760/sciencedb.08547")
    assert rows["MITOS-ATYPIA-14 · slide 03"] == ["96", "–", "135", "–", "–", "–", "", "", ""]
    assert len({len(row) for row in rows.values()}) == 1
    assert not remarks


def test_found_is_counted_part_by_part(printed, tmp_path: Path) -> None:
    root = tmp_path / "mitos [14], à=b"
    mitos_atypia14.build(root)
    output = tmp_path / "table.md"
    rows, remarks = printed(f"mitos_atypia14={root}", "mitos_atypia14.scanner=H", f"output={output}")
    assert rows["MITOS-ATYPIA-14"][:6] == ["1,200", "23", "749", "12", "2,884", "11"]
    assert rows["MITOS-ATYPIA-14 · slide 05"][:6] == ["112", "3", "151", "2", "–", "1"]
    assert rows["MITOS-ATYPIA-14 · slide 03"][:6] == ["96", "2", "135", "1", "–", "1"]
    assert [line.split()[1:3] for line in remarks] == [["MITOS-ATYPIA-14:", "counted"], ["MITOS-ATYPIA-14:", "2"]]
    assert "| · slide 05 | 112 | 3 | 151 | 2 | – | 1 |  |  |  |\n" in output.read_text(encoding="utf-8")


def test_a_part_that_is_given_out_apart_is_no_part_of_the_whole(printed, tmp_path: Path) -> None:
    learned = icpr2012.write(tmp_path, icpr2012.training()[:4])
    rows, remarks = printed(f"icpr2012={tmp_path}")
    assert rows["ICPR 2012 MITOS"][:6] == ["35", "4", "226", str(learned), "–", "–"]
    assert rows["ICPR 2012 MITOS · test"][:4] == ["15", "–", "101", "–"]
    assert len(remarks) == 1
    assert "the 15 evaluation fields are given out apart" in remarks[0]
    tested = icpr2012.write(tmp_path / "evaluation", ["A00_00", "A00_08"])
    rows, _ = printed(f"icpr2012={tmp_path}")
    assert rows["ICPR 2012 MITOS"][:4] == rows["ICPR 2012 MITOS · training"][:4] == ["35", "4", "226", str(learned)]
    assert rows["ICPR 2012 MITOS · test"][:4] == ["15", "2", "101", str(tested)]


def test_all_kinds_of_labels_are_looked_for(printed, tmp_path: Path) -> None:
    tupac16.original(tmp_path)
    names = ("TUPAC16", "TUPAC16, alternative labels")
    rows, remarks = printed(f"tupac16={tmp_path}")
    assert [rows[name][1:4:2] for name in names] == [["53", "52"], ["–", "–"]]
    assert "no alternative labels in it" in remarks[-1]
    assert remarks[-1].startswith("- TUPAC16, alternative labels: ")
    tupac16.alternative(tmp_path)
    rows, _ = printed(f"tupac16={tmp_path}")
    assert [rows[name][1:6:2] for name in names] == [["53", "52", "–"], ["53", "53", "106"]]
    rows, _ = printed(f"tupac16={tmp_path}", "tupac16.labels=alternative")
    assert [rows[name][1:6:2] for name in names] == [["–", "–", "–"], ["53", "53", "106"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["icpr=DIR"], "icpr: there is no such dataset; type WORD=DIR with one of amida13, "),
        (["synthetic=DIR"], "synthetic: there is no such dataset"),
        (["icpr2012"], "icpr2012: type icpr2012=VALUE"),
        (["icpr2012=no"], "icpr2012: data.root=no: no such folder"),
        (["icpr2012.scanner=H"], "icpr2012.scanner: type icpr2012=DIR too"),
        (["icpr2012=.", "icpr2012.scaner=H"], "did you mean data.scanner"),
        (["tupac16=.", "tupac16.labels=new"], "tupac16.labels=new: choose one of original, alternative"),
        (["tupac16=."], "tupac16: data.root=.: no image in it"),
    ],
)
def test_mistakes(arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["table1.py", *arguments, "output=table.md"])
    with pytest.raises(SystemExit) as stop:
        script.run(table1.main)
    assert str(stop.value).startswith(f"mitosis: {said}") or said in str(stop.value)
    assert "\n" not in str(stop.value)
    assert not (tmp_path / "table.md").exists()
