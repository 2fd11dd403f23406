"""Location of the shipped configuration, and its options."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())
"""The configuration folder: inside the package in a wheel, next to it in a checkout."""


def words_of(group: str) -> list[str]:
    """The options of a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml") if path.stem != "common")
