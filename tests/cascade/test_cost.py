"""What an operating point costs, in words."""

from types import SimpleNamespace

import pytest

from mitosis.cascade.cost import cost
from mitosis.cascade.decision import Decision, OperatingPoint

POINTS = {
    "balanced": OperatingPoint(0.4, 0.7, 0.6, 0.65, 5.04),
    "high_recall": OperatingPoint(0.2, 0.5, 0.8, 0.62, 12.0),
}
DECISION = Decision((0.0, 1.0, 1.0), 1, POINTS, rule="7 fields, within 5 µm")


@pytest.mark.parametrize(
    ("threshold", "decision", "expected"),
    [
        (0.0, None, "every candidate of stage one is counted; what that costs was not measured"),
        (0.5, None, "counted from a score of 0.5 on; what that costs was not measured on unseen fields"),
        (
            0.4,
            DECISION,
            "point=balanced: counted from a score of 0.400 on; precision 0.700, recall 0.600, F1 0.650, 5.0 false"
            " alarms per mm² out of fold (7 fields, within 5 µm)",
        ),
        (
            0.3,
            DECISION,
            "threshold=0.3: not measured; high_recall (0.200) has precision 0.500, recall 0.800, F1 0.620, 12.0 false"
            " alarms per mm² out of fold; balanced (0.400) has precision 0.700, recall 0.600, F1 0.650, 5.0 false"
            " alarms per mm² out of fold (7 fields, within 5 µm)",
        ),
        (
            0.9,
            DECISION,
            "threshold=0.9: not measured; balanced (0.400) has precision 0.700, recall 0.600, F1 0.650, 5.0 false"
            " alarms per mm² out of fold (7 fields, within 5 µm)",
        ),
    ],
)
def test_only_what_was_measured_is_claimed(threshold, decision, expected) -> None:
    cascade = SimpleNamespace(threshold=threshold, decision=decision, point="balanced")
    assert cost(cascade) == expected
