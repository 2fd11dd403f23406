"""Datasets that present fields to a network: tiles, whole fields, candidates."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
