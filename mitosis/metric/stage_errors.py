"""Every error given to the stage that made it, and how good the cascade would be if a stage were perfect."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from mitosis.metric import statistics
from mitosis.metric.field_scores import BOTH, FieldScores

FOUND = "found"
MISSED = "missed by stage one"
REJECTED = "proposed, then rejected"
SHARED = "shares its detection with another figure"
ACCEPTED = "false candidate accepted"
TWICE = "second detection of a figure"
OF_FIGURES, OF_DETECTIONS = (FOUND, MISSED, REJECTED, SHARED), (ACCEPTED, TWICE)


def stage_errors(fields: Iterable[FieldScores], threshold: float) -> Counter[str]:
    """What became of each mitotic figure, and of each false detection, of both stages at a threshold.

    A mitotic figure is found; or no candidate reaches it (its probability was too low, or its component too small); or
    all candidates that reach it were rejected; or one that was accepted is matched to another figure. The words are
    those of ``OF_FIGURES``, which sum to the truths, and ``OF_DETECTIONS``, which sum to the false positives.

    Args:
        fields: The fields, with the scores of both stages.
        threshold: Candidates that score at least this are detections.
    """
    total: Counter[str] = Counter(dict.fromkeys((*OF_FIGURES, *OF_DETECTIONS), 0))
    for one in fields:
        accepted = one.scores[BOTH] >= threshold
        tp, predictions, truths = one.counts(BOTH, threshold)
        reached = set(one.reach.truth.tolist())
        by_accepted = set(one.reach.truth[accepted[one.reach.prediction]].tolist())
        reaching = len(np.unique(one.reach.prediction[accepted[one.reach.prediction]]))
        total[FOUND] += tp
        total[MISSED] += truths - len(reached)
        total[REJECTED] += len(reached) - len(by_accepted)
        total[SHARED] += len(by_accepted) - tp
        total[ACCEPTED] += predictions - reaching
        total[TWICE] += reaching - tp
    return total


def ceilings(fields: Iterable[FieldScores], threshold: float) -> tuple[float, float]:
    """F1 with a perfect stage one, and F1 with a perfect stage two.

    A perfect stage one proposes the mitotic figures and nothing else, and stage two rejects those that it rejects
    today. A perfect stage two accepts, of today's candidates, one for each mitotic figure that they reach.

    Args:
        fields: The fields, with the scores of both stages.
        threshold: That of both stages today.

    Returns:
        Both F1 in [0, 1]; nan without mitotic figures.
    """
    fields = list(fields)
    errors, truths = stage_errors(fields, threshold), sum(field.truths for field in fields)
    reached, rejected = sum(field.reached for field in fields), errors[REJECTED]
    return statistics.f1(truths - rejected, 0, rejected), statistics.f1(reached, 0, truths - reached)
