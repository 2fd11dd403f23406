"""Matching of detections to mitoses, and what is counted from it."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
