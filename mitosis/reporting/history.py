"""The course of a training, from its ``metrics.csv``."""

import csv
from dataclasses import dataclass
from pathlib import Path

from mitosis.errors import InputError


@dataclass(frozen=True)
class History:
    """A training.

    Attributes:
        name: The fold, in words.
        rows: The rows of ``metrics.csv``.
    """

    name: str
    rows: list[dict[str, str]]

    def line(self, column: str) -> tuple[list[float], list[float]]:
        """Steps and values of a column, where it holds a finite number."""
        pairs = [(float(row["step"]), float(row[column])) for row in self.rows if row.get(column)]
        kept = [(step, value) for step, value in pairs if abs(value) < float("inf")]
        return [step for step, _ in kept], [value for _, value in kept]


def read_history(folder: Path, name: str) -> History:
    """The training of a run folder; without rows if it holds no ``metrics.csv``.

    Raises ``InputError`` naming the file if it is broken.
    """
    path = folder / "metrics.csv"
    if not path.is_file():
        return History(name, [])
    try:
        with path.open(newline="", encoding="utf-8") as file:
            history = History(name, list(csv.DictReader(file)))
        for column in history.rows[0] if history.rows else ():
            history.line(column)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise InputError(
            f"{path} is not a table of a training ({error}); remove it and run the training again"
        ) from error
    return history
