"""What a run has completed so far, and the precision in which it goes on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.process.precision import EXACT, fast_precision


@dataclass(frozen=True)
class Progress:
    """The completed part of a run; without arguments, that of a run that has not begun.

    Attributes:
        epochs: Completed epochs.
        steps: Completed optimiser steps.
        precision: Lightning's word for the precision of its last epoch; None if no epoch is completed.
        checkpoint: The checkpoint to go on from; None if no epoch is completed.
    """

    epochs: int = 0
    steps: int = 0
    precision: str | None = None
    checkpoint: Path | None = None

    def change(self, precision: str) -> str:
        """The end of a line on a run that goes on in ``precision``: nothing unless its precision changes."""
        return "" if self.precision in (None, precision) else f" (until step {self.steps} in {self.precision})"


def automatic(fast: str, begun: str | None) -> str:
    """The precision of ``trainer.precision=auto``: the one that the run has begun with, if this machine is fit for it.

    Args:
        fast: The precision in which this machine computes fastest.
        begun: The precision that the run has had so far; None if it starts.
    """
    return begun if begun in (fast, EXACT) else fast


def precision_of(checkpoint: dict[str, Any]) -> str:
    """The precision in which a checkpoint was trained.

    Earlier versions did not store it: they trained in 32 bits, except on a GPU, whose random states they stored.
    """
    earlier = fast_precision("cuda") if "cuda" in checkpoint.get("random", {}) else EXACT
    return checkpoint.get("precision", earlier)
