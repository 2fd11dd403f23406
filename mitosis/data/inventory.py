"""What a dataset's publishers say that it holds, to be compared with the records that were read.

A dataset's class has ``inventory``: an ``Inventory``, or None where nothing was published (``MitosisDataModule``):

    Inventory(
        name="AMIDA13", fields=606, mitoses=1083, hard_negatives=None,
        parts=(Part("training", 311, 550, None, cases=("01", …, "12")), Part("test", 295, 533, None, cases=("13", …))),
        citation="…", licence="…", where="https://…", note="…", mpp=(0.25,),
    )

A count is a whole number, or None where it was not published or the set has no such annotations.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part of a set: how many fields, mitoses and hard negatives it has.

    ``cases``: its records are those whose ``case`` is one of these; empty where the publishers name no cases (ask the
    official fold then: the part "test" is its test part, "training" its train and val together).
    """

    name: str
    fields: int | None
    mitoses: int | None
    hard_negatives: int | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """The published counts of a set, and where it comes from.

    ``fields``, ``mitoses``, ``hard_negatives``: all labelled ones that are given out together; a test part that is
    given out apart is in ``parts`` alone. ``parts``: disjoint, in the publishers' order; empty for none.
    ``citation``, ``licence``, ``where`` (an address or a DOI): one line each. ``note``: known reasons why counts
    differ, one line, or empty. ``mpp``: µm per pixel under each scanner of the labelled fields; empty where not known.
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
