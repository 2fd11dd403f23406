"""A dataset checked before anything is trained on it, and its fields put into the cache."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mitosis import files
from mitosis.check.check import Finding, check_counts, check_folds, check_images, check_labels, counted, finding
from mitosis.data.cache.fill import fill
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.mpp import plausible
from mitosis.output.overlay import write_picture
from mitosis.output.sheet import sample_objects, sheet


@dataclass(frozen=True)
class Preparation:
    """What ``prepare`` does with a dataset.

    ``objects``: how many the sheet shows, drawn with ``seed``. ``strict``: warnings count as errors. ``workers``:
    processes that fill the cache.
    """

    objects: int
    seed: int
    strict: bool
    workers: int


def prepare_dataset(data: MitosisDataModule, name: str, output: Path, settings: Preparation) -> int:
    """Check the dataset, draw objects of it, and fill its store's cache where it has one; returns the number of fields.

    ``output`` gets ``checks.json`` and ``sheet.png``. Raises ``InputError`` where a check found an error, or with
    ``strict`` a warning, after all checks were printed and the sheet was written.
    """
    records, warned = _read(data)
    findings, unusable = check(data, records)
    findings += warned
    show(f"{name}: {counted(records)}", findings)
    report = {"data": name, "counts": counted(records), "checks": [asdict(item) for item in findings]}
    files.write_json(output / "checks.json", report)
    usable = [record for record in records if record.field not in unusable and plausible(record.mpp)]
    if objects := sample_objects(usable, settings.objects, settings.seed):
        write_picture(output / "sheet.png", sheet(objects))
        print(f"{output / 'sheet.png'}: {len(objects)} objects; yellow rings mitoses, blue ones hard negatives")
    grave = ("error", "warning") if settings.strict else ("error",)
    if failed := [item for item in findings if item.verdict in grave]:
        named = "; ".join(f"{item.check} ({item.count})" for item in failed)
        raise InputError(f"data={name} is not in order: {named}; {output / 'checks.json'} lists everything")
    if data.store.cache is None:
        print("no cache was made; type data.cache=DIR for one, here and in train")
    else:
        fill(data.store.cache, records, settings.workers)
    return len(records)


def _read(data: MitosisDataModule) -> tuple[list[Record], list[Finding]]:
    """The records, and what was warned of while they were read."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = data.records()
    remarks = [str(warning.message) for warning in caught]
    outside = [remark for remark in remarks if "outside their image" in remark]
    others = [remark for remark in remarks if remark not in outside]
    return records, [
        finding("labels outside their image, left out", "warning", outside),
        finding("remarks while the labels were read", "warning", others),
    ]


def check(data: MitosisDataModule, records: Sequence[Record]) -> tuple[list[Finding], set[str]]:
    """All findings, and the names of the fields whose image cannot be used."""
    lists = data.lists(records)
    pictures, unusable = check_images(records)
    counts = check_counts(records, data.inventory, lists)
    return [*counts, *pictures, *check_labels(records), *check_folds(records, lists)], unusable


def show(title: str, findings: Sequence[Finding]) -> None:
    """The findings as a table."""
    table = Table(title=title, title_justify="left")
    for name in ("check", "verdict", "found", "first"):
        table.add_column(name, justify="right" if name == "found" else "left", overflow="fold")
    for item in findings:
        table.add_row(item.check, item.verdict, str(item.count or ""), item.first)
    Console(width=120).print(table)
