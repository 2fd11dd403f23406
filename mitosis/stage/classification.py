"""Stage two: a classifier that rejects false candidates."""

from typing import Any, final

from torch import Tensor
from typing_extensions import override

from mitosis.inference.scores import logits_of
from mitosis.stage.base import Stage


@final
class ClassificationStage(Stage):
    """Stage two: trains on candidate crops; on held-out fields, scores each candidate by its mitosis probability.

    Takes the arguments of ``Stage``.
    """

    kind = "classification"

    @override
    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return self.loss(self.answer(batch["image"]), batch["label"])

    @override
    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        logits = logits_of(self.model, field["images"])
        self.check_finite(logits, "prediction")
        known = field["labels"] >= 0
        loss = self.loss(logits[known], field["labels"][known]) if known.any() else logits.sum() * 0
        return field["points"], logits.softmax(dim=1)[:, 1], loss
