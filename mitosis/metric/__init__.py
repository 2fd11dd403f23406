"""Matching of detections to mitotic figures, and the metrics computed from it."""

from mitosis.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
