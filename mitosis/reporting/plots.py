"""The plots of a report, each as SVG text that stands in a page."""

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mitosis.errors import InputError
from mitosis.metric.calibration import reliability
from mitosis.metric.field_scores import ALONE
from mitosis.metric.froc import false_alarms
from mitosis.reporting.history import History
from mitosis.reporting.systems import System
from mitosis.reporting.tables import labelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0b6e4f", "#1d5fc2", "#b3261e", "#8a5a00", "#6a3d9a", "#00798c", "#7a7a7a", "#c2185b")
MOST = len(COLOURS)
"""Most systems in a plot of curves: more could not be told apart."""


def svg(name: str, draw: Callable[["Axes"], None], size: tuple[float, float] = (5.2, 3.9)) -> str:
    """A plot as SVG.

    Args:
        name: Unique in the page; the plot's inner names are made from it, always the same ones.
        draw: Draws into the axes.
        size: Width and height in inches.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError('matplotlib is not installed; type pip install "mitosis-cascade[report]"') from None
    look: dict[Any, Any] = {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 10}
    with mpl.rc_context({**look, "axes.spines.top": False, "axes.spines.right": False, "font.family": "sans-serif"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    found = re.search(r"<svg.*</svg>", text.getvalue(), re.DOTALL)
    assert found
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", found[0].replace(' height="', ' data-height="', 1), count=1)


def ablation(systems: Sequence[System]) -> str:
    """F1 of every system with its interval, the best on top; its stage one alone in grey."""
    shown = [one for one in systems if not one.overlapping]

    def draw(axes: "Axes") -> None:
        for row, system in enumerate(shown):
            for stage in reversed(system.stages):
                whole = stage == system.whole
                value, (low, high) = system.pooled(stage).f1, system.bootstrap(stage).interval
                colour, place = (COLOURS[0], row) if whole else ("#8b95a1", row + 0.22)
                axes.plot([low, high], [place, place], color=colour, linewidth=2.2 if whole else 1.4)
                axes.plot([value], [place], marker="o", markersize=7 if whole else 4.5, color=colour)
        axes.set_yticks(range(len(shown)), [_short(one.name, 46) for one in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("F1 with its 95 % interval; grey: stage one alone")
        axes.grid(axis="x", color="#e3e7ec")

    return svg("ablation", draw, (7.2, 1.1 + 0.42 * max(len(shown), 1)))


def precision_recall(systems: Sequence[System]) -> str:
    """Precision against recall at every threshold; a dot where each system stands."""

    def draw(axes: "Axes") -> None:
        for system, colour in zip(systems, COLOURS, strict=False):
            curve, counts = system.curve(system.whole), system.pooled(system.whole)
            if curve.truths and len(curve.thresholds):
                recall, precision = curve.tp / curve.truths, curve.tp / np.maximum(curve.predictions, curve.tp)
                axes.step(recall, precision, where="pre", color=colour, label=_short(system.name))
                axes.plot([counts.recall], [counts.precision], "o", color=colour)
        _square(axes, "recall", "precision")

    return svg("precision-recall", draw)


def froc_curves(systems: Sequence[System]) -> str:
    """Recall against false alarms per mm², for the systems whose area is known."""

    def draw(axes: "Axes") -> None:
        most = 16.0
        for system, colour in zip(systems, COLOURS, strict=False):
            curve = system.curve(system.whole)
            if system.area_mm2 and curve.truths and len(curve.thresholds):
                alarms = false_alarms(curve, system.area_mm2)
                most = max(most, alarms.max())
                axes.step(alarms, curve.tp / curve.truths, where="post", color=colour, label=_short(system.name))
        axes.set_xscale("symlog", base=2, linthresh=0.125)
        ticks = [0, 0.125, 0.25, 0.5, *(2**power for power in range(int(np.log2(most)) + 1))]
        axes.set_xticks(ticks, ["0", "⅛", "¼", "½", *(f"{tick:g}" for tick in ticks[4:])], fontsize=8)
        axes.set_xlim(0, most * 1.1)
        axes.set_ylim(0, 1.02)
        _labels(axes, "false alarms per mm²", "recall")

    return svg("froc", draw)


def reliability_diagram(systems: Sequence[System]) -> str:
    """The share of mitotic figures against the final score, in ten bins; larger dots hold more candidates."""

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color="#aab2bd", linewidth=1)
        for system, colour in zip(systems, COLOURS, strict=False):
            bins = reliability(*labelled(system.fields))
            there = bins.counts > 0
            sizes = 12 + 120 * bins.counts[there] / max(bins.counts.max(), 1)
            axes.plot(bins.confidence[there], bins.accuracy[there], color=colour, label=_short(system.name))
            axes.scatter(bins.confidence[there], bins.accuracy[there], s=sizes, color=colour, alpha=0.6)
        _square(axes, "final score", "share of mitotic figures")

    return svg("reliability", draw)


def proposals(systems: Sequence[System]) -> str:
    """Recall of stage one against its candidates per field."""

    def draw(axes: "Axes") -> None:
        for system, colour in zip(systems, COLOURS, strict=False):
            curve = system.curve(ALONE)
            if curve.truths and len(curve.thresholds):
                per_field = curve.predictions / len(system.fields)
                axes.step(per_field, curve.tp / curve.truths, where="post", color=colour, label=_short(system.name))
        axes.set_xlim(left=0)
        axes.set_ylim(0, 1.02)
        _labels(axes, "candidates per field", "recall of stage one")

    return svg("proposals", draw)


def training(name: str, title: str, histories: Sequence[History], column: str) -> str:
    """One column of the training histories against the step, a line for each fold."""

    def draw(axes: "Axes") -> None:
        for history, colour in zip(histories, COLOURS, strict=False):
            steps, values = history.line(column)
            axes.plot(steps, values, color=colour, marker="." if len(steps) < 40 else "", label=history.name)
        if all(0 <= value <= 1 for history in histories for value in history.line(column)[1]):
            axes.set_ylim(0, 1.02)
        _labels(axes, "step", title)

    return svg(name, draw, (4.4, 3.1))


def _square(axes: "Axes", x: str, y: str) -> None:
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    _labels(axes, x, y)


def _labels(axes: "Axes", x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="#e3e7ec")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8)


def _short(text: str, longest: int = 32) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
