"""Both stages together: ``from mitosis.cascade import Cascade, Detections, load_cascade``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mitosis.cascade.bundle import load_cascade
    from mitosis.cascade.cascade import Cascade
    from mitosis.inference.detections import Detections

__all__ = ["Cascade", "Detections", "load_cascade"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the commands check their arguments before they load torch.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mitosis.cascade import bundle, cascade

    return getattr(bundle if name == "load_cascade" else cascade, name)
