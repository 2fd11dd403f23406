"""Synthetic: it draws itself."""

from pathlib import Path


def nothing(root: Path) -> None:
    """No file."""


VARIANTS = {"synthetic": nothing}
