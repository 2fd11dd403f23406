"""Which cases of different datasets are one patient, as known to the package and to the user."""

import csv
from pathlib import Path

from mitosis.errors import InputError

KNOWN = Path(__file__).parent / "patients.csv"
"""Slides 03 and 04 of MITOS-ATYPIA-14 are the glass of ICPR 2012's A03 and A04, and each slide of ICPR 2012 was scanned
on two machines."""

COLUMNS = ("dataset", "case", "patient")

Patients = dict[tuple[str, str], str]
"""(dataset, case) → patient."""


def read_patients(own: str | Path | None = None) -> Patients:
    """The patients known to the package, and those of the user's csv with the columns dataset, case and patient.

    Raises ``InputError`` if the csv does not exist or has not this form, or gives a case another patient.
    """
    patients: Patients = {}
    for path in (KNOWN, *([Path(own).expanduser()] if own else [])):
        for number, (dataset, case, patient) in enumerate(_rows(path), start=2):
            if patients.setdefault((dataset, case), patient) != patient:
                raise InputError(
                    f"data.patients={path}: row {number} gives case {case} of {dataset} the patient {patient}, and it"
                    f" already is {patients[dataset, case]}; a case has one patient"
                )
    return patients


def _rows(path: Path) -> list[tuple[str, str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except FileNotFoundError:
        raise InputError(f"data.patients={path}: no such file") from None
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(f"data.patients={path}: not readable as a csv in UTF-8 ({error})") from error
    if missing := [column for column in COLUMNS if column not in columns]:
        raise InputError(f"data.patients={path}: no column {', '.join(missing)}; it has dataset, case and patient")
    values = [tuple((row[column] or "").strip() for column in COLUMNS) for row in rows]
    for number, row in enumerate(values, start=2):
        if not all(row):
            raise InputError(f"data.patients={path}: row {number} is not complete; it gives dataset, case and patient")
    return values  # pyright: ignore[reportReturnType]
