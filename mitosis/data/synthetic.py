"""The synthetic dataset: drawn, H&E-like fields that need no download."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from typing_extensions import override

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.drawing.cached import drawn, read
from mitosis.data.record import Record
from mitosis.errors import InputError

MPP = 0.25


class Synthetic(MitosisDataModule):
    """Drawn H&E-like fields at 0.25 µm per pixel, with mitoses and hard negatives.

    Field ``case03_1`` is the second field of case ``case03``. Its pixels depend only on ``drawing_seed``, case, index
    and ``size``. Mitoses and look-alikes overlap in darkness, hue, area and eccentricity; they differ in outline,
    texture and surroundings.

    The fold list ``synthetic`` covers the 20 default cases. The official fold trains on cases 0–11, validates on 12–14
    and tests on 15–19. Fold k tests on the cases i with i mod 5 = k, validates on those with i mod 5 = (k + 1) mod 5
    and trains on the others.

    Args:
        size: Side of a field in pixels, at least 96.
        cases: Number of patients, at least 1.
        fields_per_case: Number of fields per patient, at least 1.
        drawing_seed: Seed of the drawings, at least 0.
        kwargs: As for ``MitosisDataModule``.

    Raises:
        InputError: One of the numbers is too small; for ``size``, only when the records are read.
    """

    def __init__(
        self, *, size: int = 512, cases: int = 20, fields_per_case: int = 2, drawing_seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        least_of = {"cases": (cases, 1), "fields_per_case": (fields_per_case, 1), "drawing_seed": (drawing_seed, 0)}
        for key, (value, least) in least_of.items():
            if value < least:
                raise InputError(f"data.{key}={value}: give {least} or more")
        self.size, self.cases, self.fields_per_case, self.drawing_seed = size, cases, fields_per_case, drawing_seed

    @override
    def records(self) -> list[Record]:
        cases, indices = zip(*itertools.product(range(self.cases), range(self.fields_per_case)), strict=True)
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(self._record, cases, indices))

    def _record(self, case: int, index: int) -> Record:
        drawing = (self.drawing_seed, case, index, self.size, MPP)
        made = drawn(*drawing)
        return Record(
            field=f"case{case:02d}_{index}",
            read=partial(read, *drawing),
            size=(self.size, self.size),
            mpp=MPP,
            case=f"case{case:02d}",
            slide=f"case{case:02d}",
            scanner="drawn",
            figures=made.figures,
            hard_negatives=made.hard_negatives,
        )
