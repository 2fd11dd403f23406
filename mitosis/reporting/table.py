"""A table of text cells, as csv, Markdown, LaTeX and HTML."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mitosis import files
from mitosis.output.page.template import escaped

LATEX = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "≤": r"$\leq$"},
    **{"±": r"$\pm$", "²": r"$^2$", "−": "$-$", "Δ": r"$\Delta$"},
}
"""Letters that LaTeX reads otherwise."""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Name of its files.
        title: What it shows, in a few words.
        head: The names of its columns.
        rows: Its cells.
        note: How to read it.
    """

    name: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def csv(self) -> str:
        """The head and the rows as csv."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.head, *self.rows])
        return text.getvalue()

    def markdown(self) -> str:
        """The table in Markdown, without title and note."""
        lines = [f"| {' | '.join(cell.replace('|', '¦') for cell in row)} |" for row in (self.head, *self.rows)]
        return "\n".join([lines[0], f"|{'---|' * len(self.head)}", *lines[1:]]) + "\n"

    def latex(self) -> str:
        """A ``tabular`` for the package booktabs."""
        columns = "".join("r" if self._numeric(index) else "l" for index in range(len(self.head)))
        lines = [" & ".join(map(_latex, row)) + r" \\" for row in (self.head, *self.rows)]
        body = [lines[0], r"\midrule", *lines[1:]]
        return "\n".join([rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *body, r"\bottomrule", r"\end{tabular}", ""])

    def html(self, above: str = "") -> str:
        """The table for the page, with ``above`` behind its note; its columns can be sorted, and its rows filtered."""
        classes = [' class="number"' if self._numeric(index) else "" for index in range(len(self.head))]
        head = "".join(
            f'<th{kind}><button type="button">{escaped(name)}</button></th>'
            for kind, name in zip(classes, self.head, strict=True)
        )
        rows = "\n".join(
            f"<tr>{''.join(f'<td{kind}>{escaped(cell)}</td>' for kind, cell in zip(classes, row, strict=True))}</tr>"
            for row in self.rows
        )
        note = f'<p class="note">{escaped(self.note)}</p>' if self.note else ""
        return (
            f'<section id="{self.name}"><h2>{escaped(self.title)}</h2>{note}{above}<div class="scroll">'
            f'<table class="sortable"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div></section>'
        )

    def write(self, folder: Path) -> None:
        """Write ``NAME.csv``, ``.md`` and ``.tex`` atomically."""
        for suffix, text in (("csv", self.csv()), ("md", self.markdown()), ("tex", self.latex())):
            files.write_text(folder / f"{self.name}.{suffix}", text)

    def _numeric(self, column: int) -> bool:
        return all(re.match(r"[−+-]?[\d.]+|–|$", row[column]) for row in self.rows)  # noqa: RUF001


def _latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def rate(value: float | None) -> str:
    """A rate with three digits; a dash if it is undefined."""
    return "–" if value is None or value != value else f"{value:.3f}"


def with_interval(value: float, limits: tuple[float, float]) -> str:
    """A rate with its interval in brackets; a dash if it is undefined."""
    return (
        rate(value) if limits[0] != limits[0] or value != value else f"{value:.3f} [{limits[0]:.3f}, {limits[1]:.3f}]"
    )
