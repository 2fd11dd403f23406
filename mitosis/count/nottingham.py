"""The mitotic component of the Nottingham grade: 1, 2 or 3 points for the figures in ten high-power fields."""

import math
from dataclasses import dataclass
from typing import Any

from mitosis.count.poisson import poisson_interval
from mitosis.errors import InputError

FIELDS = 10
"""High-power fields in which figures are counted."""
_CUTS = (
    (0.40, 4, 10), (0.41, 4, 10), (0.42, 5, 11), (0.43, 5, 11), (0.44, 5, 12), (0.45, 5, 12), (0.46, 6, 13),
    (0.47, 6, 13), (0.48, 6, 14), (0.49, 6, 14), (0.50, 7, 15), (0.51, 7, 15), (0.52, 7, 16), (0.53, 8, 17),
    (0.54, 8, 17), (0.55, 8, 18), (0.56, 8, 18), (0.57, 9, 19), (0.58, 9, 20), (0.59, 9, 20), (0.60, 10, 21),
    (0.61, 10, 22), (0.62, 11, 23), (0.63, 11, 23), (0.64, 11, 24), (0.65, 12, 25), (0.66, 12, 25), (0.67, 12, 26),
    (0.68, 13, 27), (0.69, 13, 28),
)  # fmt: skip
CUTS = {diameter: (one, three) for diameter, one, three in _CUTS}
"""Field diameter in mm → the most figures that give 1 point, the fewest that give 3.

Source:
    ``CUTS_FROM``, checked row by row against a transcription of it (``breast_invasive_resection.blade.php`` of
    xenabyte/Cancer-Biomarker-Reporting-tools on GitHub), not against the document of CAP. For 0.59 mm, HL7's guide
    "Breast Cancer Data" of September 2018 gives the same cuts; an older protocol of CAP gives 3 points from 21 figures
    on. All rows lie near 3 and 8 figures per mm², the cuts of Bonert and Tate 2017 (doi 10.1186/s12938-016-0301-z).
"""
CUTS_FROM = "CAP protocol for invasive carcinoma of the breast, resection, February 2019, table 1"
"""Where the cuts are published."""


@dataclass(frozen=True)
class Component:
    """The mitotic component, from figures that were counted or extrapolated to ten fields.

    Attributes:
        score: 1, 2 or 3.
        low: The score at the lower limit of the count's interval.
        high: The score at the upper limit.
        per_10_hpf: Figures in ten fields.
        diameter_mm: Diameter of a field.
        extrapolated: Whether less than ten fields were analysed.
    """

    score: int
    low: int
    high: int
    per_10_hpf: float
    diameter_mm: float
    extrapolated: bool

    @property
    def borderline(self) -> bool:
        """Whether the interval crosses a cut."""
        return self.low != self.high

    def data(self) -> dict[str, Any]:
        """The component as plain data, of which ``Component(**data)`` makes it again."""
        return dict(vars(self))


def ten_fields_mm2(diameter_mm: float) -> float:
    """The area of ten fields of a diameter, in mm².

    >>> round(ten_fields_mm2(0.55), 2)
    2.38
    """
    return FIELDS * math.pi * (diameter_mm / 2) ** 2


def check_diameter(diameter_mm: object) -> float:
    """The diameter of a high-power field, to 0.01 mm; ``InputError`` if the table has no row for it."""
    if isinstance(diameter_mm, bool) or not isinstance(diameter_mm, int | float):
        raise InputError(f"hpf_mm={diameter_mm}: give the diameter of a high-power field in mm, such as hpf_mm=0.55")
    if (rounded := round(float(diameter_mm), 2)) not in CUTS:
        low, high = min(CUTS), max(CUTS)
        raise InputError(
            f"hpf_mm={diameter_mm}: diameters of a high-power field from {low:.2f} to {high:.2f} mm have cuts; measure"
            " yours, or divide the eyepiece's field number by the objective's magnification"
        )
    return rounded


def component(figures: int, area_mm2: float, diameter_mm: float) -> Component:
    """The mitotic component of figures that were counted in an area.

    Args:
        figures: The number of figures.
        area_mm2: The area in which they were counted, positive.
        diameter_mm: Diameter of a high-power field in mm, one of ``CUTS``.

    Returns:
        The component of what ten fields would hold, rounded to a whole figure, and those of the limits of the count's
        95 % interval. It is extrapolated if the area is smaller than ten fields, by more than a thousandth.

    Raises:
        KeyError: ``CUTS`` has no such diameter.
    """
    one, three = CUTS[diameter_mm]
    scale = ten_fields_mm2(diameter_mm) / area_mm2
    scores = []
    for count in (figures, *poisson_interval(figures)):
        whole = math.floor(count * scale + 0.5)
        scores.append(1 if whole <= one else 3 if whole >= three else 2)
    score, low, high = scores
    return Component(score, low, high, figures * scale, diameter_mm, extrapolated=scale > 1.001)
