"""Both stages together: ``from mitosis.cascade import Cascade, Detections``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mitosis.cascade.cascade import Cascade
    from mitosis.inference.detections import Detections

__all__ = ["Cascade", "Detections"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the commands check their arguments before they load torch.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mitosis.cascade import cascade

    return getattr(cascade, name)
