"""Checks of a dataset's images, labels, folds and counts."""
