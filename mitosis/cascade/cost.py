"""What an operating point or a threshold costs, in words."""

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.decision import Decision, OperatingPoint


def cost(cascade: Cascade) -> str:
    """One line on where the scores are cut, and what that costs on fields that no network has seen.

    Only the operating points of a decision were measured; of another threshold, the line names its neighbours.
    """
    threshold = cascade.threshold
    if not threshold:
        return "every candidate of stage one is counted; what that costs was not measured"
    if cascade.decision is None:
        return f"counted from a score of {threshold:.3g} on; what that costs was not measured on unseen fields"
    points = cascade.decision.points
    if (point := points.get(cascade.point)) is not None and point.threshold == threshold:
        costs = _costs(point)
        return f"point={cascade.point}: counted from a score of {threshold:.3f} on; {costs} ({cascade.decision.rule})"
    return f"threshold={threshold:g}: not measured; {_neighbours(cascade.decision, threshold)}"


def _neighbours(decision: Decision, threshold: float) -> str:
    ordered = sorted(decision.points.items(), key=lambda item: item[1].threshold)
    below = [item for item in ordered if item[1].threshold <= threshold][-1:]
    above = [item for item in ordered if item[1].threshold > threshold][:1]
    told = [f"{name} ({point.threshold:.3f}) has {_costs(point)}" for name, point in (*below, *above)]
    return f"{'; '.join(told)} ({decision.rule})"


def _costs(point: OperatingPoint) -> str:
    rates = f"precision {point.precision:.3f}, recall {point.recall:.3f}"
    return f"{rates}, F1 {point.f1:.3f}, {point.false_per_mm2:.1f} false alarms per mm² out of fold"
