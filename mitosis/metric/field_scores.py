"""The candidates of a field with the scores of both stages, and the mitotic figures that they reach: no coordinates."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mitosis.metric.counts import Curve
from mitosis.metric.gains import gains
from mitosis.metric.matching import Reach

ALONE, BOTH = "stage one alone", "both stages"
STAGES = (ALONE, BOTH)


@dataclass(frozen=True, eq=False)
class FieldScores:
    """One field.

    Attributes:
        field: Its name.
        case: The patient.
        scores: Stage → (n,) scores of the candidates.
        reach: Which candidate reaches which mitotic figure.
        missed: Rows of the mitotic figures in the annotation that no candidate reaches.
    """

    field: str
    case: str
    scores: dict[str, np.ndarray]
    reach: Reach
    missed: tuple[int, ...]

    @cached_property
    def truths(self) -> int:
        """Its mitotic figures."""
        return len(set(self.reach.truth.tolist())) + len(self.missed)

    @cached_property
    def gained(self) -> dict[str, np.ndarray]:
        """Stage → the scores at which it gains a true positive, matched one to one and optimally."""
        return {stage: gains(self.reach, scores, "optimal") for stage, scores in self.scores.items()}

    @property
    def reached(self) -> int:
        """The mitotic figures that its candidates can be matched to, one each."""
        return len(self.gained[BOTH])

    def counts(self, stage: str, threshold: float) -> tuple[int, int, int]:
        """TP, predictions and truths at a threshold."""
        tp, predictions = (int((side[stage] >= threshold).sum()) for side in (self.gained, self.scores))
        return tp, predictions, self.truths


def curve_of(fields: Iterable[FieldScores], stage: str) -> Curve:
    """The counts of all fields at every distinct score of a stage."""
    fields = list(fields)
    scores, gained = (
        np.concatenate([np.zeros(0), *(side[stage] for side in sides)])
        for sides in ([field.scores for field in fields], [field.gained for field in fields])
    )
    return Curve.of(scores, gained, sum(field.truths for field in fields))
