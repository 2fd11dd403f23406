"""Synthetic: the dataset draws its fields."""

from pathlib import Path


def nothing(root: Path) -> None:
    """Write no file."""


VARIANTS = {"synthetic": nothing}
