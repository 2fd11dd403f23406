"""The table of benchmarks: a command for each row, and results where they belong. No time is asserted."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def table(benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark("table")


def test_each_row_has_its_command(table: ModuleType) -> None:
    for script in table.ROWS:
        assert f"``python benchmarks/{script}" in (FOLDER / script).read_text(), script


def test_results_replace_those_between_the_marks(table: ModuleType) -> None:
    new = table.table({"curve.py": "9 times faster | 1 s"}, "2 cores")
    assert new.startswith(
        "2 cores:\n\n| command | comparison | measured |\n|---|---|---|\n| `python benchmarks/curve.py` |"
    )
    assert new.endswith("| 9 times faster / 1 s |\n")
    text = table.filled(f"a\n{table.START}old\n{table.END}b\n", new)
    assert text == f"a\n{table.START}{new}{table.END}b\n"
    assert table.filled(text, new) == text
    assert table.filled((FOLDER / "README.md").read_text(), new).count(new) == 1


def test_a_failure_is_a_line_in_the_table(table: ModuleType) -> None:
    assert table.result([sys.executable, "-c", "print(1); print(2)"]) == "2"
    assert table.result([sys.executable, "-c", "import sys; sys.exit('no peer')"]) == "failed: no peer"
    assert table.result([sys.executable, "-c", ""]) == "nothing printed"
