"""Every table of README.md that is made from committed scores, made anew: ``python experiments/redraw.py``.

A table stands between ``<!-- table: FOLDER … -->`` and ``<!-- end -->``: a sweep's folder below experiments/, which
``sweep.py`` wrote, or folders whose scores ``unseen.py`` shows. The other tables are of runs of which no scores were
kept.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from kept_table import is_kept, kept
from sweep_table import shown
from unseen import drawn

from mitosis import files

HERE = Path(__file__).parent
BLOCK = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    path = HERE / "README.md"
    before = path.read_text(encoding="utf-8")
    after = redrawn(before)
    files.write_text(path, after)
    print(f"{path}: {len(BLOCK.findall(after))} tables, {'as before' if after == before else 'changed'}")


def redrawn(text: str) -> str:
    """The text with each of its tables made anew."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{of_folders(folders_of(block[2]))}\n{block[3]}", text)


def of_folders(folders: Sequence[Path]) -> str:
    """The table of a sweep's folder, or the tables of folds."""
    return shown(*kept(folders[0])) if is_kept(folders[0]) else drawn(folders)


def folders_of(words: str) -> list[Path]:
    """The folders that a table names."""
    return [HERE / word for word in words.split()]


if __name__ == "__main__":
    main()
