"""Datasets: files become records, folds and the views a network trains on."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
