"""The counts that a dataset's publishers give, to compare with the records that were read.

Each dataset class has an attribute ``inventory``: an ``Inventory``, or None if nothing was published:

    Inventory(
        name="AMIDA13", fields=606, mitoses=1083, hard_negatives=None,
        parts=(Part("training", 311, 550, None, cases=("01", …, "12")), Part("test", 295, 533, None, cases=("13", …))),
        citation="…", licence="…", where="https://…", note="…", mpp=(0.25,),
    )

A count is a whole number, or None if it was not published or the dataset has no such annotations.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part of a dataset, with its numbers of fields, mitoses and hard negatives.

    ``cases``: the cases of the part. Empty if the publishers name none; then the official fold decides: "test" is its
    test part, "training" its train and val parts together.
    """

    name: str
    fields: int | None
    mitoses: int | None
    hard_negatives: int | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """The published counts of a dataset, and its source.

    Attributes:
        name: The dataset's name.
        fields: Number of labelled fields published together. A test part published separately is only in ``parts``.
        mitoses: Number of mitoses in them.
        hard_negatives: Number of hard negatives in them.
        parts: Disjoint parts, in the publishers' order; may be empty.
        citation: One line.
        licence: One line.
        where: A URL or a DOI, one line.
        note: One line with known reasons for differing counts, or empty.
        mpp: µm per pixel for each scanner of the labelled fields; empty if not known.
    """

    name: str
    fields: int | None
    mitoses: int | None
    hard_negatives: int | None
    parts: tuple[Part, ...]
    citation: str
    licence: str
    where: str
    note: str = ""
    mpp: tuple[float, ...] = ()
