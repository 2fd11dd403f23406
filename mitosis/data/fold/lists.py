"""Fold lists: the fields that a run trains, validates and tests on, checked against the records."""

import csv
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.label.name import composed

PARTS = ("train", "val", "test")
OFFICIAL, ALL = "official", "all"
FOLDS = Path(__file__).parent
CASES_FOR_VAL = 10
"""Minimum number of cases for which train and val share no case; below it they only share no field."""


class FoldLists(dict[str, dict[str, list[str]]]):
    """fold → part (train, val, test) → field names.

    ``by_field``: the folds that do not keep cases apart. ``val_by_case``: whether train and val share no case; None
    lets the number of cases decide. ``left_out``: fold → fields that it leaves out on purpose.
    """

    by_field: frozenset[str] = frozenset()
    val_by_case: bool | None = None
    left_out: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Parts:
    """The three disjoint parts of one fold.

    ``test_absent``: the fold has a test part, but it is not on disk, so there is no test score to report.
    ``note``: one line for the user about shared cases or missing parts; may be empty.
    """

    train: tuple[Record, ...]
    val: tuple[Record, ...]
    test: tuple[Record, ...]
    note: str = ""
    test_absent: bool = False


def names_of(parts: Parts) -> dict[str, list[str]]:
    """The names of the train and val fields, by part; they are stored in the checkpoint."""
    return {"train": [record.field for record in parts.train], "val": [record.field for record in parts.val]}


def check_same_fields(parts: Parts, then: Mapping[str, Sequence[str]] | None, run: str | Path) -> None:
    """``InputError`` unless the fold still trains and validates on the fields of ``then``, as ``run`` did.

    Adding a case changes the generated folds, and editing a csv changes the user's own. A training field would then be
    scored as if it were unseen. ``then=None``: the fields are not known, and nothing is checked.
    """
    for part, now in names_of(parts).items():
        if then is not None and (moved := sorted(set(now) ^ set(then[part]))):
            was = "was not" if moved[0] in now else "was"
            raise InputError(
                f"{run}: the fold is not that of its training, {moved[0]} {was} in {part} then; put data and fold lists"
                " back as they were, or move the run away and train anew"
            )


def read_folds(name: str) -> FoldLists:
    """Read the fold lists ``<name>.csv`` next to this file, with the columns fold, part, field and optionally group.

    ``name:PREFIX`` takes only the fields whose names start with PREFIX (``icpr2012-slide:A`` is one scanner). A name
    that ends in ``.csv`` is the path of a user's file. A fold with the group ``field`` may share cases between its
    parts; with ``case``, or without that column, it must not.
    Raises ``InputError`` for an unknown name and for a file that does not have this form.
    """
    name, _, prefix = name.partition(":")
    lists, groups = FoldLists(), defaultdict(set)
    for row in _rows(name):
        if row["part"] not in PARTS:
            raise InputError(f"{name}: part {row['part']!r} is not one of {', '.join(PARTS)}")
        groups[row["fold"]].add(row.get("group", "case"))
        if row["field"].startswith(prefix):
            lists.setdefault(row["fold"], {part: [] for part in PARTS})[row["part"]].append(composed(row["field"]))
    for fold, group in groups.items():
        if group not in ({"case"}, {"field"}):
            raise InputError(f"{name}: fold {fold} has the groups {sorted(group)}; it takes case or field")
    lists.by_field = frozenset(fold for fold, group in groups.items() if group == {"field"})
    return lists


def _rows(name: str) -> list[dict[str, str]]:
    path = Path(name).expanduser() if name.endswith(".csv") else FOLDS / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except FileNotFoundError:
        if path.parent != FOLDS:
            raise InputError(f"data.folds={name}: no such file") from None
        known = ", ".join(sorted(file.stem for file in FOLDS.glob("*.csv")))
        raise InputError(f"no fold lists are named {name!r}; there are {known}") from None
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(f"data.folds={name}: not readable as a csv in UTF-8 ({error})") from error
    if missing := {"fold", "part", "field"} - set(columns):
        raise InputError(f"{path}: no column {', '.join(sorted(missing))}")
    return rows


def split(records: Iterable[Record], fold: str | int, lists: FoldLists) -> Parts:
    """Split the records by the lists of a fold: ``official``, a number, or ``all`` (no test part).

    Train and val share no field with test and, unless the fold is ``by_field``, no case; if they do, ``note`` names the
    shared cases. Train and val share no field and, if ``val_by_case``, no case. Records that are in no list are left
    out with a warning, except with ``all``, which ``lists`` need not have.
    Raises ``InputError`` for an unknown fold, a listed field without a record (but the whole official test part may be
    absent, see ``test_absent``), a field or case on two sides, two records with one name, and an empty train or val.
    """
    records, fold = sorted(records, key=lambda record: record.field), str(fold)
    by_name = {record.field: record for record in records}
    if len(by_name) < len(records):
        twice = next(a.field for a, b in zip(records, records[1:], strict=False) if a.field == b.field)
        raise InputError(f"field {twice} is there twice; keep one of them")
    if fold != ALL and fold not in lists:
        raise InputError(
            f"fold={fold}: there is no such fold; choose {', '.join([*sorted(lists.keys() - {ALL}), ALL])}"
        )
    parts = _by_list(by_name, fold, lists) if fold in lists else by_cadence(records)
    for part in ("train", "val"):
        if not getattr(parts, part):
            raise InputError(f"fold={fold}: no field is left for {part} ({len(records)} in all); add fields")
    _refuse_shared(fold, parts.train, parts.val, by_case=val_by_case(records, lists), sides="train and val")
    seen = parts.train + parts.val
    _refuse_shared(fold, seen, parts.test, by_case=fold not in lists.by_field, sides="train and test")
    shared = sorted({record.case for record in seen} & {record.case for record in parts.test})
    if not shared:
        return parts
    note = f"fold {fold} is drawn by field: {', '.join(shared)} have fields in train and in test"
    return replace(parts, note="; ".join(filter(None, (note, parts.note))))


def _by_list(by_name: dict[str, Record], fold: str, lists: FoldLists) -> Parts:
    listed = lists[fold]
    missing = {part: [name for name in listed[part] if name not in by_name] for part in PARTS}
    absent = fold == OFFICIAL and bool(listed["test"]) and len(missing["test"]) == len(listed["test"])
    for part in PARTS:
        if missing[part] and not (absent and part == "test"):
            named = ", ".join(missing[part][:3]) + (", …" if len(missing[part]) > 3 else "")
            count = f"{len(missing[part])} of {len(listed[part])} {part} fields"
            raise InputError(f"fold={fold}: {count} are not under data.root: {named}")
    known = {name for key, parts in lists.items() if key != ALL for names in parts.values() for name in names}
    known |= {name for names in lists.left_out.values() for name in names}
    if fold != ALL and (unknown := sorted(by_name.keys() - known)):
        warnings.warn(f"{len(unknown)} field(s) are in no fold list and are left out: {unknown[0]} …", stacklevel=3)
    train, val, test = (tuple(by_name[name] for name in listed[part] if name in by_name) for part in PARTS)
    notes = ["the official test part is not under data.root: no test figure"] if absent else []
    if count := len(lists.left_out.get(fold, ())):
        notes.append(f"{count} further field(s) of patients in its val or test part are left out of fold {fold}")
    return Parts(train, val, test, "; ".join(notes), absent)


def val_by_case(records: Iterable[Record], lists: FoldLists) -> bool:
    """Whether train and val share no case: as ``lists`` say, or else if there are at least 10 cases."""
    return _many_cases(records) if lists.val_by_case is None else lists.val_by_case


def by_cadence(records: Sequence[Record]) -> Parts:
    """Every fifth case (from 10 cases on) or field is val, all others train."""
    key = _case if _many_cases(records) else _field
    val = set(sorted({key(record) for record in records})[::5])
    return Parts(tuple(r for r in records if key(r) not in val), tuple(r for r in records if key(r) in val), ())


def halves(records: Sequence[Record]) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Split the training records into two disjoint halves for cross-fitting, by case, or by field if there is one case.

    In order of decreasing mitosis count, each case goes to the half that has fewer mitoses so far. Nothing is random.
    Raises ``InputError`` if there is only one field.
    """
    if len(records) < 2:
        raise InputError("crossfit=2 needs two training fields or more; add fields or set crossfit=none")
    key = _case if len({record.case for record in records}) > 1 else _field
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    sizes = {name: (sum(len(record.figures) for record in group), len(group)) for name, group in groups.items()}
    half_of: dict[str, int] = {}
    load = [(0, 0), (0, 0)]  # mitoses, then fields: groups without a mitosis must not all go to the same half
    for name in sorted(groups, key=lambda name: (-sizes[name][0], -sizes[name][1], name)):
        half = int(load[1] < load[0])
        half_of[name] = half
        load[half] = (load[half][0] + sizes[name][0], load[half][1] + sizes[name][1])
    first, second = (tuple(record for record in records if half_of[key(record)] == half) for half in (0, 1))
    return first, second


def _refuse_shared(fold: str, one: Sequence[Record], other: Sequence[Record], *, by_case: bool, sides: str) -> None:
    for kind, key in (("field", _field), ("case", _case)):
        if kind == "case" and not by_case:
            continue
        if shared := sorted({key(record) for record in one} & {key(record) for record in other}):
            raise InputError(f"fold={fold}: {kind} {shared[0]} is in both {sides}; a {kind} belongs to one side")


def _many_cases(records: Iterable[Record]) -> bool:
    return len({record.case for record in records}) >= CASES_FOR_VAL


def _case(record: Record) -> str:
    return record.case


def _field(record: Record) -> str:
    return record.field
