"""Loggers that record a run outside of its own folder."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
