"""A table in its four formats."""

from pathlib import Path

import pytest
from refused import refused

from mitosis.reporting.history import read_history
from mitosis.reporting.table import Table, rate, with_interval

TABLE = Table("t", "A <title>", ("system", "F1 & more"), [["a_b, c", "0.5 ± 0.1"], ["d|e", "–"]], "note")


def test_formats_by_hand(tmp_path: Path) -> None:
    assert TABLE.csv() == 'system,F1 & more\n"a_b, c",0.5 ± 0.1\nd|e,–\n'
    assert TABLE.markdown() == "| system | F1 & more |\n|---|---|\n| a_b, c | 0.5 ± 0.1 |\n| d¦e | – |\n"
    assert TABLE.latex().splitlines() == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"system & F1 \& more \\",
        r"\midrule",
        r"a\_b, c & 0.5 $\pm$ 0.1 \\",
        r"d|e & – \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
    TABLE.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "t.md", "t.tex"}


def test_html_is_escaped_and_numbers_stand_right() -> None:
    text = TABLE.html()
    assert "<h2>A &lt;title&gt;</h2>" in text
    assert '<td class="number">0.5 ± 0.1</td>' in text
    assert "<td>a_b, c</td>" in text


def test_undefined_values_are_dashes() -> None:
    nan = float("nan")
    assert (rate(None), rate(nan), rate(0.12345)) == ("–", "–", "0.123")
    assert with_interval(0.5, (0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert with_interval(0.5, (nan, nan)) == "0.500"
    assert with_interval(nan, (0.1, 0.2)) == "–"


def test_a_history_keeps_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("step,val/ap,train/loss\n1,,0.5\n2,0.25,nan\n3,inf,0.1\n")
    history = read_history(tmp_path, "fold 0")
    assert history.line("val/ap") == ([2], [0.25])
    assert history.line("train/loss") == ([1, 3], [0.5, 0.1])
    assert history.line("none") == ([], [])
    assert read_history(tmp_path / "none", "fold 0").rows == []


@pytest.mark.parametrize("text", ["step,val/ap\n1,high\n", "val/ap\n1\n"])
def test_a_broken_history_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.csv").write_text(text)
    assert f"{tmp_path / 'metrics.csv'} is not a table of a training" in refused(lambda: read_history(tmp_path, ""))
