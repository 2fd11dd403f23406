"""Counts as tables, one row per image or hotspot, and as a line."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from mitosis import files
from mitosis.count.count import RESEARCH, Count
from mitosis.count.nottingham import CUTS_FROM
from mitosis.count.poisson import poisson_interval
from mitosis.label.name import shown_name

COUNTS, HOTSPOTS = "counts.csv", "hotspots.csv"
_DENSITY = ("per_mm2", "per_mm2_low", "per_mm2_high")
_COMPONENT = ("component", "component_low", "component_high", "per_10_hpf", "hpf_mm", "extrapolated", "cuts_from")
COUNT_HEADER = ("image", "figures", "area_mm2", *_DENSITY, *_COMPONENT, "note")
HOTSPOT_HEADER = (
    "image",
    "hotspot",
    "figures",
    "area_mm2",
    "tissue_mm2",
    *_DENSITY,
    "x",
    "y",
    "width",
    "height",
    "note",
)


def write_counts(folder: Path, counts: Mapping[str, Count]) -> None:
    """Write ``counts.csv`` and ``hotspots.csv`` of images to a folder, each atomically."""
    rows = [_count_row(name, count) for name, count in counts.items()]
    _write(folder / COUNTS, COUNT_HEADER, rows)
    spots = [row for name, count in counts.items() for row in _hotspot_rows(name, count)]
    _write(folder / HOTSPOTS, HOTSPOT_HEADER, spots)


def summary(name: str, count: Count) -> str:
    """One line on an image: its figures, area, density with interval, and component."""
    figures = f"{name}: {count.figures} figure{'' if count.figures == 1 else 's'}"
    if count.component is None:
        return f"{figures}, no tissue; {RESEARCH}"
    density = f"{count.density:.1f} per mm² (95 % {count.interval[0]:.1f} to {count.interval[1]:.1f})"
    return f"{figures} in {count.area_mm2:.3f} mm², {density}; {component_words(count)}; {RESEARCH}"


def component_words(count: Count) -> str:
    """The mitotic component in words: its score, whether it is borderline, and whether it is extrapolated."""
    if (own := count.component) is None:
        return "no mitotic component"
    words = [f"mitotic component {own.score} of 3"]
    if own.borderline:
        words.append(f"borderline, {own.low} to {own.high}")
    if own.extrapolated:
        words.append("extrapolated")
    return ", ".join(words)


def _count_row(name: str, count: Count) -> tuple[object, ...]:
    density = [f"{value:.3f}" for value in (count.density, *count.interval)] if count.area_mm2 else [""] * 3
    row = (shown_name(name), count.figures, f"{count.area_mm2:.4f}", *density)
    if (own := count.component) is None:
        return (*row, "", "", "", "", f"{count.hpf_mm:.2f}", "", "", RESEARCH)
    of_ten = (f"{own.per_10_hpf:.1f}", f"{own.diameter_mm:.2f}", "yes" if own.extrapolated else "no", CUTS_FROM)
    return (*row, own.score, own.low, own.high, *of_ten, RESEARCH)


def _hotspot_rows(name: str, count: Count) -> list[tuple[object, ...]]:
    rows = []
    for one in count.hotspots:
        density = [f"{value / one.area_mm2:.3f}" for value in (one.figures, *poisson_interval(one.figures))]
        place = [f"{value:.1f}" for value in (one.window.x, one.window.y, one.window.width, one.window.height)]
        areas = (f"{one.area_mm2:.4f}", f"{one.tissue_mm2:.4f}")
        rows.append((shown_name(name), one.name, one.figures, *areas, *density, *place, RESEARCH))
    return rows


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    files.write_text(path, text.getvalue())
