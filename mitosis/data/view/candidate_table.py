"""``candidates.csv``: the candidates that a segmenter proposed, with their labels."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from mitosis import files
from mitosis.data.record import Record
from mitosis.errors import InputError


@dataclass(frozen=True)
class CandidateRow:
    """One candidate: ``x``, ``y`` in pixels of the field, ``mean`` and ``max`` probability over its component.

    ``label``: 1 for a mitosis, 0 for a false candidate, -1 for another part of a mitosis (not used in training).
    ``segmenter``: hash of the network's weights. ``seen``: "seen" if the network was trained on this field, otherwise
    "unseen".
    """

    field: str
    x: float
    y: float
    area_um2: float
    mean: float
    max: float
    label: int
    segmenter: str
    seen: str


def write_candidates(path: Path, rows: Iterable[CandidateRow]) -> None:
    """Write the rows to ``path``, replacing the file."""
    text = io.StringIO()
    names = [item.name for item in fields(CandidateRow)]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([f"{v:.4f}" if isinstance(v, float) else v for v in (getattr(row, name) for name in names)])
    files.write_text(path, text.getvalue())


def read_candidates(path: Path) -> list[CandidateRow]:
    """Read the rows of a ``candidates.csv``; ``InputError`` naming file and row if one is broken."""
    names = [item.name for item in fields(CandidateRow)]
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; python -m mitosis.propose makes it") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text; run python -m mitosis.propose again") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if reader.fieldnames != names:
        raise InputError(f"{path}: the first line has to be {','.join(names)}")
    rows = []
    for row in reader:
        try:
            if None in row:  # more columns than names
                raise ValueError
            x, y, area, mean, high = numbers = [float(row[name]) for name in ("x", "y", "area_um2", "mean", "max")]
            if not all(map(math.isfinite, numbers)) or row["label"] not in ("-1", "0", "1"):
                raise ValueError
            if row["seen"] not in ("seen", "unseen"):
                raise ValueError
            label = int(row["label"])
            rows.append(CandidateRow(row["field"], x, y, area, mean, high, label, row["segmenter"], row["seen"]))
        except (TypeError, ValueError):
            raise InputError(
                f"{path}, line {reader.line_num}: not a candidate; run python -m mitosis.propose again"
            ) from None
    return rows


def labelled_cells(records: Iterable[Record]) -> dict[str, list[CandidateRow]]:
    """The mitotic figures and look-alikes of each field as its candidates, where no segmenter proposed any."""
    found: dict[str, list[CandidateRow]] = {}
    for record in records:
        cells = [*((point, 1) for point in record.centroids), *((point, 0) for point in record.hard_negatives)]
        rows = [(float(x), float(y), label) for (x, y), label in cells]
        found[record.field] = [
            CandidateRow(record.field, x, y, 0.0, 1.0, 1.0, label, "", "unseen") for x, y, label in rows
        ]
    return found


def by_field(rows: Iterable[CandidateRow]) -> dict[str, list[CandidateRow]]:
    """Candidates per field. If any come from a segmenter that never saw the field, the others are dropped."""
    grouped: dict[str, list[CandidateRow]] = {}
    for row in rows:
        grouped.setdefault(row.field, []).append(row)
    return {name: [row for row in group if row.seen == "unseen"] or group for name, group in grouped.items()}
