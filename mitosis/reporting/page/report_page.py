"""Filling the page of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.errors import InputError
from mitosis.output.page.template import embedded, escaped, filled
from mitosis.reporting.gallery import AUDITED, KINDS
from mitosis.reporting.table import Table

FOLDER = Path(__file__).parent
LARGEST = 25_000_000
"""Bytes that a page may have: larger ones open slowly, and no mail takes them."""


@dataclass(frozen=True)
class Plot:
    """A plot as SVG, with what it shows in words."""

    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Answer:
    """What stands on top of the page.

    Attributes:
        label: What is meant by best.
        best: The best system.
        numbers: Pairs of a number and its name.
        verdict: How certain it is, in a sentence.
    """

    label: str
    best: str
    numbers: Sequence[tuple[str, str]]
    verdict: str


@dataclass(frozen=True)
class Content:
    """All that a page shows.

    Attributes:
        title: What was tested.
        answer: On top.
        tables: In their order; plots stand behind the table of their name, the crops of the audit in ``audit``.
        plots: Name of a table → the plots behind it.
        gallery: As ``gallery_of`` returns it; empty without the fields.
        facts: Lines on how the report was made.
    """

    title: str
    answer: Answer
    tables: Sequence[Table]
    plots: Mapping[str, Sequence[Plot]]
    gallery: Mapping[str, Any] = field(default_factory=dict[str, Any])
    facts: Sequence[str] = ()


def write_page(path: Path, content: Content) -> None:
    """Write the page atomically; ``InputError`` if it would be larger than ``LARGEST``."""
    crops = {"audit": _cards(content.gallery, AUDITED)}
    sections = [
        table.html(crops.get(table.name, "")) + _plots(content.plots.get(table.name, ())) for table in content.tables
    ]
    galleries = _galleries(content.gallery)
    answer = content.answer
    numbers = "".join(
        f"<div><b>{escaped(value)}</b><small>{escaped(name)}</small></div>" for value, name in answer.numbers
    )
    links = " ".join(f'<a href="#{table.name}">{escaped(table.title)}</a>' for table in content.tables)
    text = filled(
        _part("report.html"),
        title=escaped(content.title),
        style=_part("report.css"),
        label=escaped(answer.label),
        best=escaped(answer.best),
        numbers=numbers,
        verdict=escaped(answer.verdict),
        links=links + (' <a href="#galleries">Galleries</a>' if galleries else ""),
        body="\n".join([sections[0], galleries, *sections[1:]]),
        facts="<br>".join(map(escaped, content.facts)),
        data=embedded({key: content.gallery.get(key, {}) for key in ("items", "fields")}),
        script=_part("report.js"),
    )
    if len(text.encode()) > LARGEST:
        raise InputError(f"{path} would have more than {LARGEST // 10**6} MB; report on fewer runs at once")
    files.write_text(path, text)


def _plots(plots: Sequence[Plot]) -> str:
    if not plots:
        return ""
    figures = "".join(
        f"<figure{' class=wide' if one.wide else ''}>{one.svg}<figcaption>{escaped(one.caption)}</figcaption></figure>"
        for one in plots
    )
    return f'<div class="plots">{figures}</div>'


def _galleries(gallery: Mapping[str, Any]) -> str:
    if not gallery:
        return ""
    note = (
        "Crops of 25 µm of the best system’s test fields; a click shows the whole field, labels in yellow and"
        " detections in green. Twice: another detection of the same figure is counted."
    )
    cards = _cards(gallery, KINDS)
    return f'<section id="galleries"><h2>Galleries</h2><p class="note">{escaped(note)}</p>{cards}</section>'


def _cards(gallery: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    """A place for the crops of each kind, which the page's script fills."""
    return "".join(
        f"<h3>{escaped(title)} ({len(gallery['items'][kind])} of {gallery['total'][kind]})</h3>"
        f'<div class="cards" id="cards-{kind}"></div>'
        for kind, title in kinds.items()
        if kind in gallery.get("items", {})
    )


def _part(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
