"""Augmentations: (image, mask, seed) to (image, mask)."""

import os

# albumentations asks PyPI for a newer version whenever it is imported; it must be told before that.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
