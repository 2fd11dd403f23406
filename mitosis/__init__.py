"""Two-stage detection of mitotic figures in H&E-stained tissue."""

import importlib
from typing import TYPE_CHECKING, Any

from mitosis.version import installed_version

if TYPE_CHECKING:
    from mitosis.cascade.bundle import load_cascade
    from mitosis.cascade.cascade import Cascade, Detections
    from mitosis.data.datamodule import MitosisDataModule
    from mitosis.data.record import MitoticFigure, Record
    from mitosis.loss.mask_loss import MaskLoss
    from mitosis.stage.base import Stage

    __version__: str

__all__ = [
    "Cascade",
    "Detections",
    "MaskLoss",
    "MitosisDataModule",
    "MitoticFigure",
    "Record",
    "Stage",
    "__version__",
    "load_cascade",
]

_ROOMS = {
    "Cascade": "cascade",
    "Detections": "cascade",
    "MaskLoss": "loss",
    "MitosisDataModule": "data",
    "MitoticFigure": "data",
    "Record": "data",
    "Stage": "stage",
    "load_cascade": "cascade",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value = installed_version()
    elif name in _ROOMS:
        value = getattr(importlib.import_module(f"mitosis.{_ROOMS[name]}"), name)
    else:
        raise AttributeError(f"module 'mitosis' has no attribute {name!r}", name=name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
