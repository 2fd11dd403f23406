"""A complete drawn field: a pure function of its seed, case, index and size."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mitosis.data.drawing.colour import develop, stain_of_case
from mitosis.data.drawing.layout import Layout
from mitosis.data.drawing.lookalike import draw_lookalike
from mitosis.data.drawing.mitosis import draw_mitosis
from mitosis.data.drawing.nucleus import draw_interphase, draw_spindle
from mitosis.data.drawing.tissue import ground, stroma_share
from mitosis.data.record import MitoticFigure
from mitosis.errors import InputError

SMALLEST = 24.0  # µm: the smallest field that holds one mitosis with its cell.
MARGIN = 7.5  # µm: no part of a figure extends farther from its centre.
APART = 15.5  # µm: minimum distance between the centres of mitoses.
AREA = 128.0**2  # µm²: the area that the counts below refer to.


@dataclass(frozen=True, eq=False)
class Drawn:
    """A field, (size, size, 3) uint8 RGB, its mitoses, and the (k, 2) float64 x, y of its look-alikes."""

    image: np.ndarray
    figures: tuple[MitoticFigure, ...]
    hard_negatives: np.ndarray


def draw_field(*, seed: int, case: int, index: int, size: int, mpp: float = 0.25) -> Drawn:
    """Draw field ``index`` of ``case``: ``size`` × ``size`` pixels of ``mpp`` µm.

    All fields of a case share stain and optics. A square with a side of 128 µm holds 6 to 8 mitoses, 12 to 20
    look-alikes and 60 to 100 other nuclei. Raises ``InputError`` if the side of the field is under 24 µm.
    """
    side = size * mpp
    if side < SMALLEST:
        raise InputError(f"a drawn field of {size} px is too small: ask for at least {int(np.ceil(SMALLEST / mpp))} px")
    # A spawn key separates the case's random stream from those of its fields; trailing zeros in the seed would not.
    stain = stain_of_case(np.random.default_rng(np.random.SeedSequence([seed, case], spawn_key=(0,))))
    rng = np.random.default_rng([seed, case, index])
    stroma = stroma_share(rng, size, mpp)
    layout = Layout(side)
    share = side**2 / AREA

    def places(
        low: int, high: int, radius: float, margin: float, zone: np.ndarray | None, apart: float = 0
    ) -> list[Any]:
        count = max(1, round(int(rng.integers(low, high + 1)) * share))
        candidates = (layout.place(rng, radius, margin, zone, apart) for _ in range(count))
        return [place for place in candidates if place is not None]

    mitoses = places(6, 8, 7.0, MARGIN, None, APART)
    lookalikes = places(12, 20, 5.5, 5.0, None)
    interphase = places(50, 75, 4.4, 0.0, stroma < 0.4)
    spindle = places(10, 25, 3.2, 0.0, stroma > 0.6)

    canvas = ground(rng, stroma, layout.points(), mpp)
    for draw, centres in ((draw_spindle, spindle), (draw_interphase, interphase), (draw_lookalike, lookalikes)):
        for x, y in centres:
            draw(canvas, rng, x, y)
    figures = tuple(MitoticFigure(draw_mitosis(canvas, rng, x, y)) for x, y in mitoses)
    image = develop(canvas, stain, rng)
    return Drawn(image, figures, np.array(lookalikes, dtype=np.float64).reshape(-1, 2) / mpp)
