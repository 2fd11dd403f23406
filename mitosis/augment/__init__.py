"""Augmentations: (image, mask, seed) to (image, mask)."""

import os

from mitosis.lazy import lazy_names

# On import albumentations asks PyPI for a newer version, unless this is set beforehand.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

__getattr__, __dir__ = lazy_names(__name__)
