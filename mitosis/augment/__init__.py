"""Augmentations: (image, mask, seed) to (image, mask)."""

import os

from mitosis.lazy import lazy_names

# albumentations asks PyPI for a newer version whenever it is imported; it must be told before that.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

__getattr__, __dir__ = lazy_names(__name__)
