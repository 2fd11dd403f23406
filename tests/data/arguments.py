"""The arguments of every dataset, where a test is about something else."""

from pathlib import Path
from typing import Any

import numpy as np

from mitosis.data.cache.store import FieldStore, Stain


def unstained(image: np.ndarray, name: str) -> np.ndarray:
    return image


def arguments(stain: Stain = unstained, cache: Path | None = None, **others: Any) -> dict[str, Any]:
    """A new store and an epoch of one sample; ``others`` replace these or are added."""
    return {"store": FieldStore(stain, cache), "fold": 0, "samples_per_epoch": 1, "batch_size": 1} | others
