"""Table 1 of SCMitosis, typical mitosis datasets: ``python experiments/table1.py [WORD=DIR …] [output=FILE.md]``.

Prints one Markdown row for each dataset with a published inventory, and for each of its parts: the published numbers of
fields, mitoses and hard negatives, next to those found in the dataset's folder, given as ``icpr2012=DIR``. A dataset's
own settings take its word as a prefix: ``icpr2012.scanner=H``. A dataset with several kinds of labels has one row for
each, and all of them are counted unless one is chosen (``tupac16.labels=alternative``).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import accumulate

import yaml
from script import opened, pairs, run

from mitosis import files
from mitosis.check.check import of_part, tally
from mitosis.data.inventory import Inventory, Part
from mitosis.errors import InputError
from mitosis.run.conf import CONF, words_of

HEAD = ("data set", "fields", "found", "mitoses", "found", "hard negatives", "found", "µm/px", "licence", "where")
NONE = "–"


@dataclass
class Entry:
    """A published inventory, the word of its dataset, and the setting that chooses among several kinds of labels.

    ``found`` contains the counts of the whole dataset and of each part, None where there is no data. ``remarks`` are
    lines below the table.
    """

    word: str
    inventory: Inventory
    labels: dict[str, str]
    found: list[dict[str, int] | None]
    remarks: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> None:
    settings_of_all = pairs(arguments)
    output, entries = settings_of_all.pop("output", None), published()
    words = list(dict.fromkeys(entry.word for entry in entries))
    if unknown := [key for key in settings_of_all if key.partition(".")[0] not in words]:
        raise InputError(f"{unknown[0]}: there is no such dataset; type WORD=DIR with one of {', '.join(words)}")
    for word in words:
        own = {key: value for key, value in settings_of_all.items() if key.startswith(f"{word}.")}
        settings = {key.partition(".")[2]: value for key, value in own.items()}
        if word in settings_of_all:
            search([entry for entry in entries if entry.word == word], settings | {"root": settings_of_all[word]})
        elif settings:
            raise InputError(f"{word}.{next(iter(settings))}: type {word}=DIR too, the folder that holds {word}")
    text = "\n".join(lines(entries)) + "\n"
    print(text, end="")
    if output is not None:
        files.write_text(output, text)


def published() -> list[Entry]:
    """The published inventories of all shipped datasets, in the order of their words."""
    entries = []
    for word in words_of("data"):
        shipped = yaml.safe_load((CONF / "data" / f"{word}.yaml").read_text(encoding="utf-8"))["data"]
        module, _, name = shipped["_target_"].rpartition(".")
        dataset = getattr(import_module(module), name)
        one, several = dataset.inventory, getattr(dataset, "INVENTORIES", {})
        key = next((key for key, value in shipped.items() if isinstance(value, str) and value in several), "")
        kinds = [({key: value}, inventory) for value, inventory in several.items()] or ([({}, one)] if one else [])
        entries += [Entry(word, made, labels, [None] * (1 + len(made.parts))) for labels, made in kinds]
    return entries


def search(entries: Sequence[Entry], settings: Mapping[str, str]) -> None:
    """Count the data under a root, for the entries of one dataset whose labels match the settings.

    If only some of the entries can be read, the others get a remark; raises ``InputError`` if none can.
    """
    chosen = [entry for entry in entries if all(settings.get(key, own) == own for key, own in entry.labels.items())]
    if not chosen:
        key, own = next(iter(entries[0].labels)), [value for entry in entries for value in entry.labels.values()]
        raise InputError(f"{entries[0].word}.{key}={settings[key]}: choose one of {', '.join(own)}")
    failed = 0
    for entry in chosen:
        try:
            count(entry, settings)
        except InputError as error:
            if (failed := failed + 1) == len(chosen):
                raise InputError(f"{entry.word}: {error}") from None
            entry.remarks.append(str(error))


def count(entry: Entry, settings: Mapping[str, str]) -> None:
    """Read the dataset and count it, part by part; warnings become remarks."""
    data, _ = opened(entry.word, {**settings, **entry.labels})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = data.records()
    lists = data.lists(records)
    parts = [of_part(part, records, lists) for part in entry.inventory.parts]
    separate = {record.field for part in parts[together(entry.inventory) :] for record in part}
    whole = [record for record in records if record.field not in separate]
    entry.found = [tally(own) if own else None for own in (whole, *parts)]
    entry.remarks += [str(warning.message) for warning in caught]


def together(inventory: Inventory) -> int:
    """How many of the first parts add up to the whole dataset; the others are distributed separately."""
    sums = accumulate(part.fields or 0 for part in inventory.parts)
    return sum(inventory.fields is None or total <= inventory.fields for total in sums)


def lines(entries: Sequence[Entry]) -> list[str]:
    """The lines of the table and of the remarks below it."""
    rows, remarks = [HEAD, ["---", *["---:"] * 6, *["---"] * 3]], []
    for entry in entries:
        inventory, whole = entry.inventory, entry.found[0]
        mpp = ", ".join(f"{value:.4g}" for value in dict.fromkeys(inventory.mpp)) or NONE
        name, where = f"**{inventory.name}** (`{entry.word}`)", f"{inventory.citation}; {inventory.where}"
        rows.append([name, *cells(inventory, whole), mpp, inventory.licence, where])
        for part, found in zip(inventory.parts, entry.found[1:], strict=True):
            rows.append([f"· {part.name}", *cells(part, found), "", "", ""])
        compared = zip((inventory, *inventory.parts), entry.found, strict=True)
        if inventory.note and any(differ(*pair) for pair in compared):
            remarks.append(f"- {inventory.name}: {inventory.note}.")
        remarks += [f"- {inventory.name}: {remark}." for remark in entry.remarks]
    return [*(f"| {' | '.join(row)} |" for row in rows), *(["", *remarks] if remarks else [])]


def cells(expected: Inventory | Part, found: dict[str, int] | None) -> list[str]:
    """Published and counted numbers of fields, mitoses and hard negatives; a dash for what a dataset does not have."""
    texts = []
    for name in ("fields", "mitoses", "hard_negatives"):
        known, have = getattr(expected, name), found[name] if found else None
        texts += [NONE if known is None else f"{known:,}", f"{have:,}" if have or (known and found) else NONE]
    return texts


def differ(expected: Inventory | Part, found: dict[str, int] | None) -> bool:
    return found is not None and any(getattr(expected, name) not in (None, have) for name, have in found.items())


if __name__ == "__main__":
    run(main)
