"""The LightningModules of the two stages."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
