"""Inputs that go wrong elsewhere, typed as a user would: what is told of them, and whether it is right."""

from pathlib import Path

import faults
import pytest
import yaml

from mitosis.errors import InputError

LIST = """
# good (report#1)
python -m mitosis.convert input={d}/good/cells.csv output={d}/good/out.csv to=points
# right: one mitosis

# tabs (report#2: tabs)
python -m mitosis.convert input={d}/tabs/cells.csv output={d}/tabs/out.csv to=points
# right: one line: tabs

# shell (report#3)
bash say.sh {word}
# right: it is said
"""
ANSWERS = {
    "good": [{"exit": 0, "places": {"out.csv": [["*", 30, 41]]}}],
    "tabs": [{"exit": 1, "says": ["separated by tabs"], "silent": ["commas, please"]}],
    "shell": [{"exit": 3, "says": ["^hello segmenter=x$"]}],
}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, sign in (("good", ","), ("tabs", "\t")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cells.csv").write_text("image,x,y\na.png,30,40\nb.png,,\n".replace(",", sign))
    (tmp_path / "list.txt").write_text(LIST.replace("{d}", str(tmp_path)))
    (tmp_path / "say.sh").write_text("echo $1 segment=x; exit 3")
    answers(monkeypatch, tmp_path, ANSWERS)
    return tmp_path


def answers(monkeypatch: pytest.MonkeyPatch, folder: Path, given: object) -> None:
    (folder / "answers.yaml").write_text(yaml.safe_dump(given))
    monkeypatch.setattr(faults, "ANSWERS", folder / "answers.yaml")


def test_right_answers_are_recognised(inputs: Path, capfd: pytest.CaptureFixture) -> None:
    faults.main([f"inputs={inputs}", "word=hello"])
    said = capfd.readouterr().out
    assert "3 inputs, 0 not answered rightly" in said
    assert (inputs / "told.txt").read_text().count("exit 0\n") == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({}, ""),
        ({"exit": 0, "says": ["1 mitoses in 2"], "places": {"out.csv": [["a.png", 29, 41]]}}, ""),
        ({"exit": 1}, "exit 0, not 1"),
        ({"places": {"out.csv": []}}, "out.csv holds"),
        ({"places": {"out.csv": [["a.png", 30, 43]]}}, "out.csv holds"),
        ({"places": {"out.csv": [["b.png", 30, 40]]}}, "out.csv holds"),
        ({"places": {"none.csv": []}}, "none.csv holds None"),
        ({"says": ["2 mitoses"]}, "nothing said of '2 mitoses'"),
        ({"silent": ["1 mitoses"]}, "it said '1 mitoses'"),
    ],
)
def test_wrong_answers_are_named(tmp_path: Path, answer: dict, problem: str) -> None:
    one = faults.Input("x", ["python -m mitosis.convert"])
    (tmp_path / "x").mkdir()
    rows = "image,x,y,label\na.png,30,40,mitosis\na.png,5,5,non-mitosis\nb.png,,,\n"
    (tmp_path / "x/out.csv").write_text(rows)
    said = faults.judged(one, [faults.Told(0, "│ 1 mitoses │\n│ in 2 │")], [answer], tmp_path)
    assert said.startswith(problem)
    assert bool(said) == bool(problem)


@pytest.mark.parametrize("text", ["Traceback (most recent call last):", "mitosis: one\nmitosis: two", "nothing"])
def test_an_unknown_input_must_end_in_one_line(tmp_path: Path, text: str) -> None:
    one = faults.Input("x", ["python -m mitosis.convert"])
    assert faults.judged(one, [faults.Told(1, text)], None, tmp_path)
    assert not faults.judged(one, [faults.Told(1, "mitosis: a.csv: tabs")], None, tmp_path)
    assert faults.judged(one, [faults.Told(-14, "")], None, tmp_path) == "ended by SIGALRM"


def test_each_of_several_lines_is_asked_for(tmp_path: Path) -> None:
    one = faults.Input("x", ["python -m mitosis.predict"])
    told = [faults.Told(1, "mitosis: 1 .webp skipped\nmitosis: 1 of 2 images were left out: b.png: damaged")]
    assert not faults.judged(one, told, [{"says": ["skipped", "left out"]}], tmp_path)
    assert "no answer asks for 'mitosis: 1 of 2" in faults.judged(one, told, [{"says": ["passed", "webp"]}], tmp_path)
    assert "2 lines, of which no answer asks for" in faults.judged(one, told, [{"says": ["left out"]}], tmp_path)


def test_every_known_answer_is_of_a_known_form() -> None:
    known = yaml.safe_load(faults.ANSWERS.read_text(encoding="utf-8"))
    keys = {key for commands in known.values() for answer in commands for key in answer}
    assert keys <= {"exit", "says", "silent", "places"}


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"list\.txt: No such file or directory; write the printed list"):
        faults.main([f"inputs={tmp_path}"])
