"""The committed tables are those of the committed scores."""

from pathlib import Path

import kept_table
import redraw

README = Path(redraw.__file__).with_name("README.md")


def test_every_table_from_committed_scores_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert redraw.redrawn(text) == text, "to make them anew: python experiments/redraw.py"


def test_all_committed_scores_are_shown() -> None:
    text = README.read_text(encoding="utf-8")
    shown = {folder for block in redraw.BLOCK.findall(text) for folder in redraw.folders_of(block[1])}
    names = ("scores.csv", "out_of_fold.csv", kept_table.INDEX)
    kept = {path.parent for name in names for path in (README.parent / "scores").rglob(name)}
    swept = {folder for folder in kept if kept_table.is_kept(folder)}
    assert shown == {folder for folder in kept if not swept & set(folder.parents)}


def test_only_what_stands_between_the_marks_changes() -> None:
    text = "a\n<!-- table: scores/fold-0 -->\nold\n<!-- end -->\nb\n"
    made = redraw.redrawn(text)
    assert made.startswith("a\n<!-- table: scores/fold-0 -->\n\n")
    assert made.endswith("\n<!-- end -->\nb\n")
    assert "8 fields of 1 patients, 21 mitotic figures" in made
    assert "\nold\n" not in made
    assert redraw.redrawn(made) == made
