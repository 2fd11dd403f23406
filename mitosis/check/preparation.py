"""A dataset looked through before anything is trained on it, and its fields put into the cache."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mitosis import files
from mitosis.check.check import Finding, check_counts, check_folds, check_images, check_labels, counted, found
from mitosis.data.cache.cache import Cache
from mitosis.data.cache.fill import fill
from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Record
from mitosis.errors import InputError
from mitosis.image.mpp import plausible
from mitosis.output.overlay import write_picture
from mitosis.output.sheet import sample_objects, sheet
from mitosis.run.build import build


def prepare_dataset(config: dict[str, Any], word: str, output: Path) -> float:
    """Check, show, and fill ``data.cache`` where that is set; returns the number of fields.

    ``output`` gets ``checks.json`` and ``sheet.png``. Raises ``InputError`` where a check found an error, or with
    ``strict`` a warning, after all checks were printed and the sheet was written.
    """
    stain = build(config["stain"])
    data: MitosisDataModule = build(config["data"], fold="all", stain=stain)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = data.records()
    findings, unusable = check(data, records)
    remarks = [str(said.message) for said in caught]
    lost = [remark for remark in remarks if "outside their image" in remark]
    findings.append(found("labels outside their image, left out", "warning", lost))
    others = [remark for remark in remarks if remark not in lost]
    findings.append(found("remarks while the labels were read", "warning", others))
    show(f"{word}: {counted(records)}", findings)
    whole = {"data": word, "counts": counted(records), "checks": [asdict(finding) for finding in findings]}
    files.write_json(output / "checks.json", whole)
    usable = [record for record in records if record.field not in unusable and plausible(record.mpp)]
    if objects := sample_objects(usable, config["objects"], config["seed"]):
        write_picture(output / "sheet.png", sheet(objects))
        print(f"{output / 'sheet.png'}: {len(objects)} objects; yellow rings mitoses, blue ones hard negatives")
    grave = ("error", "warning") if config["strict"] else ("error",)
    if failed := [finding for finding in findings if finding.verdict in grave]:
        named = "; ".join(f"{finding.check} ({finding.count})" for finding in failed)
        raise InputError(f"data={word} is not in order: {named}; all of it stands in {output / 'checks.json'}")
    if config["data"]["cache"] is None:
        print("no cache was made; type data.cache=DIR for one, here and in train")
    else:
        fill(Cache(Path(str(config["data"]["cache"])), stain), records, config["workers"])
    return float(len(records))


def check(data: MitosisDataModule, records: Sequence[Record]) -> tuple[list[Finding], set[str]]:
    """All findings, and the names of the fields whose image cannot be used."""
    lists = data.lists(records)
    pictures, unusable = check_images(records)
    counts = check_counts(records, data.INVENTORY, lists)
    return [*counts, *pictures, *check_labels(records), *check_folds(records, lists)], unusable


def show(title: str, findings: Sequence[Finding]) -> None:
    """The findings as a table."""
    table = Table(title=title, title_justify="left")
    for name in ("check", "verdict", "found", "first"):
        table.add_column(name, justify="right" if name == "found" else "left", overflow="fold")
    for finding in findings:
        table.add_row(finding.check, finding.verdict, str(finding.count or ""), finding.first)
    Console(width=120).print(table)
