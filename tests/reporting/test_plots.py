"""Plots as text that stands in a page."""

import re
import sys

import pytest
from refused import refused

from mitosis.reporting.plots import svg


def test_a_plot_is_the_same_each_time_and_as_wide_as_its_place() -> None:
    first, second = (svg("a", lambda axes: axes.plot([0, 1], [0.25, 0.5])) for _ in range(2))
    assert first == second
    assert first.startswith("<svg")
    head = re.match(r"<svg[^>]*>", first)
    assert head
    assert "viewBox" in head[0]
    assert " width=" not in head[0]
    assert " height=" not in head[0]
    assert not re.findall(r'(?:href|src)="(?!#)', first)


def test_letters_stay_letters() -> None:
    assert ">false alarms per mm²</text>" in svg("a", lambda axes: axes.set_xlabel("false alarms per mm²"))


def test_without_matplotlib_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert 'pip install "mitosis-cascade[report]"' in refused(lambda: svg("a", lambda axes: None))
