"""The arguments that every dataset needs, for tests about other things."""

from pathlib import Path
from typing import Any

import numpy as np

from mitosis.data.cache.store import FieldStore, Stain


def unstained(image: np.ndarray, name: str) -> np.ndarray:
    return image


def arguments(stain: Stain = unstained, cache: Path | None = None, **others: Any) -> dict[str, Any]:
    """A new store and an epoch of one sample; ``others`` replaces or adds arguments."""
    return {"store": FieldStore(stain, cache), "fold": 0, "samples_per_epoch": 1, "batch_size": 1} | others
