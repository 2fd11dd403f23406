"""Checks a dataset before training and puts its fields into the cache."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mitosis import files
from mitosis.check.check import Finding, check_counts, check_folds, check_labels, counted, finding
from mitosis.check.images import check_images
from mitosis.check.same_tissue import check_tissue
from mitosis.data.cache.fill import fill
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.joined import Joined
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.mpp import plausible
from mitosis.output.overlay import write_picture
from mitosis.output.sheet import sample_objects, sheet


@dataclass(frozen=True)
class Preparation:
    """Settings of ``prepare_dataset``.

    ``objects``: number of objects on the sheet, drawn with ``seed``. ``strict``: treat warnings as errors.
    ``workers``: number of images that are checked and normalised at a time.
    """

    objects: int
    seed: int
    strict: bool
    workers: int


def prepare_dataset(data: MitosisDataModule, name: str, output: Path, settings: Preparation) -> int:
    """Check the dataset, draw a sheet of its objects, and fill the cache if there is one; returns the number of fields.

    Writes ``checks.json`` and ``sheet.png`` to the folder ``output``. Raises ``InputError`` if a check finds an error,
    or with ``strict`` a warning, after all checks have been printed and the sheet has been written.
    """
    records, warned = _read(data)
    findings, unusable = check(data, records, settings.workers)
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
    """The records, and the warnings raised while they were read, as findings."""
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


def check(data: MitosisDataModule, records: Sequence[Record], workers: int) -> tuple[list[Finding], set[str]]:
    """Run all checks, on ``workers`` images at a time; returns the findings and the fields with unusable images."""
    lists = data.lists(records)
    pictures, unusable = check_images(records, workers)
    counts = check_counts(records, data.inventory, lists)
    findings = [*counts, *pictures, *check_labels(records), *check_folds(records, lists)]
    if isinstance(data, Joined):
        readable = [record for record in records if record.field not in unusable and plausible(record.mpp)]
        findings += check_tissue(data.by_set(readable), lists)
    return findings, unusable


def show(title: str, findings: Sequence[Finding]) -> None:
    """Print the findings as a table."""
    table = Table(title=title, title_justify="left")
    for name in ("check", "verdict", "found", "first"):
        table.add_column(name, justify="right" if name == "found" else "left", overflow="fold")
    for item in findings:
        table.add_row(item.check, item.verdict, str(item.count or ""), item.first)
    Console(width=120).print(table)
