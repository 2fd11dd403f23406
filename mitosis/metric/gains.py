"""The true positives of one field at every threshold at once, in one descent over its scores."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from mitosis.metric.matching import Reach


def gains(reach: Reach, scores: Float64[np.ndarray, " n"], method: str) -> Float64[np.ndarray, " tp"]:
    """The scores at which a field gains a true positive; at any threshold, TP is the number of those at or above it.

    Predictions join in descending order of score. Each changes TP by 0 or 1, and only what it reaches is looked at.

    Args:
        reach: The edges between the field's predictions and truths, as ``Matching.reach`` returns them.
        scores: (n,) of all the field's predictions.
        method: As for ``Matching``.

    Returns:
        One score per true positive, in no particular order.
    """
    if not len(reach.truth):
        return np.zeros(0)
    if method == "shared":
        starts = np.flatnonzero(np.diff(reach.truth, prepend=-1))  # the edges are sorted by truth
        return np.maximum.reduceat(scores[reach.prediction], starts)
    by_score = np.lexsort((reach.prediction, -scores[reach.prediction]))  # stable: an equal prediction's edges in order
    prediction = reach.prediction[by_score]
    bounds = [*np.flatnonzero(np.diff(prediction, prepend=-1)).tolist(), len(prediction)]
    joining = prediction[bounds[:-1]]
    truth, edges = reach.truth.tolist(), by_score.tolist()
    groups = [edges[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
    grown = _augmented(groups, truth) if method == "optimal" else _proposed(groups, truth)
    return scores[joining[list(grown)]]


def _augmented(groups: list[list[int]], truth: list[int]) -> Iterator[int]:
    """Which of the predictions, joining in order, enlarge a maximum matching, each by an augmenting path.

    ``groups``: the edges of each prediction. ``truth``: the truth of each edge. The truths that a search in vain has
    visited are closed: no later path that enters them can leave them again (Kuhn's algorithm with its Hungarian trees
    removed).
    """
    holder: dict[int, int] = {}  # truth -> prediction
    held: dict[int, int] = {}  # prediction -> truth
    closed: set[int] = set()
    for new in range(len(groups)):
        found, queue = _free_truth(new, groups, truth, holder, closed)
        if found is None:
            closed.update(queue)
            continue
        step: int | None = found
        while step is not None:
            prediction = queue[step]
            holder[step], held[prediction], step = prediction, step, held.get(prediction)
        yield new


def _free_truth(
    new: int, groups: list[list[int]], truth: list[int], holder: dict[int, int], closed: set[int]
) -> tuple[int | None, dict[int, int]]:
    """Search, breadth first from prediction ``new``, for a truth without a holder.

    Returns it, or None, and for each truth on the way the prediction it was reached from.
    """
    reached: dict[int, int] = {}
    queue = [new]
    for prediction in queue:
        for edge in groups[prediction]:
            one = truth[edge]
            if one in closed or one in reached:
                continue
            reached[one] = prediction
            if one not in holder:
                return one, reached
            queue.append(holder[one])
    return None, reached


def _proposed(groups: list[list[int]], truth: list[int]) -> Iterator[int]:
    """Which of the predictions, joining in order, enlarge the greedy matching.

    Greedy in annotation order is the stable matching in which every prediction prefers the earlier truth and every
    truth the nearer prediction. A stable matching can be grown by proposals (Gale and Shapley, 1962): the newcomer
    asks the truths that it reaches, in order, and takes the first that has nothing nearer; what it drives out asks on.
    ``groups``: the edges of each prediction in the order of ``Reach``, in which a truth's nearer edge has the lower
    number. ``truth``: the truth of each edge.
    """
    best: dict[int, tuple[int, int]] = {}  # truth -> its edge, and the prediction that it leads to
    asked = [0] * len(groups)
    for new in range(len(groups)):
        prediction = new
        while asked[prediction] < len(groups[prediction]):
            edge = groups[prediction][asked[prediction]]
            asked[prediction] += 1
            one = truth[edge]
            if one not in best:
                best[one] = edge, prediction
                yield new
                break
            if edge < best[one][0]:
                driven_out = best[one][1]
                best[one] = edge, prediction
                prediction = driven_out
