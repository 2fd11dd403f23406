"""The count of an image: figures, area, density, hotspots and the mitotic component."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mitosis.count.hotspot import densest_circle, densest_rectangle
from mitosis.count.nottingham import Component, component, ten_fields_mm2
from mitosis.count.poisson import poisson_interval
from mitosis.count.tissue_map import TissueMap
from mitosis.count.window import Window

RESEARCH = "research use only, not for diagnosis"
"""What stands on everything that shows a count."""
AREAS_MM2 = (2.0, 2.37)
"""Areas of hotspots: that of the MIDOG contests, and that of veterinary pathology (Meuten 2016)."""
SIDE_MM = 0.4
"""Side of a square field of 0.16 mm², of which ten consecutive ones are counted in one row or in two."""
_ROWS = ((10, 1), (1, 10), (5, 2), (2, 5))
"""Columns and rows of ten fields that lie side by side."""


@dataclass(frozen=True)
class Hotspot:
    """The place of a given area that holds the most figures.

    Attributes:
        name: What it is, such as "2 mm², circle".
        window: Where it is, in pixels of the image.
        figures: Mitotic figures in it.
        area_mm2: Its area.
        tissue_mm2: Area of the analysed tissue in it.
    """

    name: str
    window: Window
    figures: int
    area_mm2: float
    tissue_mm2: float


@dataclass(frozen=True)
class Count:
    """The count of one image.

    Attributes:
        size: (height, width) of the image in pixels.
        mpp: µm per pixel.
        figures: Mitotic figures.
        area_mm2: Area of the tissue analysed.
        hotspots: The hotspots that are smaller than that area.
        component: The mitotic component of the Nottingham grade; None without tissue.
        hpf_mm: Diameter of a high-power field, for which the component is.
    """

    size: tuple[int, int]
    mpp: float
    figures: int
    area_mm2: float
    hotspots: tuple[Hotspot, ...]
    component: Component | None
    hpf_mm: float

    @property
    def density(self) -> float:
        """Figures per mm² of tissue; nan without tissue."""
        return self.figures / self.area_mm2 if self.area_mm2 else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The limits of the exact 95 % Poisson interval of the density; nan without tissue."""
        low, high = poisson_interval(self.figures)
        return (low / self.area_mm2, high / self.area_mm2) if self.area_mm2 else (float("nan"), float("nan"))

    def data(self) -> dict[str, Any]:
        """The count as plain data, which ``of`` reads."""
        hotspots = [vars(one) | {"window": one.window.data()} for one in self.hotspots]
        own = self.component and self.component.data()
        return vars(self) | {"size": list(self.size), "hotspots": hotspots, "component": own}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Count":
        """The count that plain data describe; ``KeyError``, ``TypeError`` or ``ValueError`` if they describe none."""
        hotspots = tuple(Hotspot(**(one | {"window": Window(**one["window"])})) for one in data["hotspots"])
        height, width = data["size"]
        own = data["component"] and Component(**data["component"])
        values: dict[str, Any] = {**data, "size": (height, width), "hotspots": hotspots, "component": own}
        return cls(**values)


def count_figures(points: np.ndarray, tissue: TissueMap, hpf_mm: float) -> Count:
    """Count the figures of an image, field or slide.

    The component is that of the circle of ten fields which holds the most figures, or, where less tissue was analysed,
    of the density everywhere. A hotspot was chosen because it holds the most, so the interval of its count is too low
    for the tissue around it.

    Args:
        points: (n, 2) x, y of the mitotic figures in pixels of the image at full resolution.
        tissue: The analysed tissue.
        hpf_mm: Diameter of a high-power field in mm, one of ``nottingham.CUTS``.

    Returns:
        The count.
    """
    points, area = np.asarray(points, dtype=np.float64).reshape(-1, 2), tissue.area_mm2
    hotspots = [_hotspot(name, windows, points, tissue) for name, windows in _windows(hpf_mm, area).items()]
    held = [one for one in hotspots if one is not None]
    ten = ten_fields_mm2(hpf_mm)
    own = None
    if area > ten:
        most = [one.figures for one in held if one.name == f"{_ten_fields(hpf_mm)}, circle"]
        own = component(max(most, default=0), ten, hpf_mm)
    elif area:
        own = component(len(points), area, hpf_mm)
    return Count(tissue.size, tissue.mpp, len(points), area, tuple(held), own, hpf_mm)


def circles(hpf_mm: float, area_mm2: float) -> list[tuple[str, float, bool]]:
    """The circles among the hotspots of an analysed area: name, area in mm², and whether it is that of ten fields."""
    areas = [(f"{area:g} mm²", area, False) for area in AREAS_MM2] + [
        (_ten_fields(hpf_mm), ten_fields_mm2(hpf_mm), True)
    ]
    return [(f"{name}, circle", area, ten) for name, area, ten in areas if area < area_mm2]


def _windows(hpf_mm: float, area_mm2: float) -> dict[str, list[Window]]:
    """Name of each hotspot → the windows that may be it, in mm at the origin, all smaller than an area."""
    kinds: dict[str, list[Window]] = {}
    for name, area, _ in circles(hpf_mm, area_mm2):
        across, side = 2 * (area / np.pi) ** 0.5, area**0.5
        kinds[name] = [Window(0, 0, across, across, circle=True)]
        kinds[name.replace("circle", "square")] = [Window(0, 0, side, side, circle=False)]
    consecutive = [Window(0, 0, columns * SIDE_MM, rows * SIDE_MM, circle=False) for columns, rows in _ROWS]
    if consecutive[0].area < area_mm2:
        kinds[f"10 consecutive HPF of {SIDE_MM**2:g} mm²"] = consecutive
    return kinds


def _ten_fields(hpf_mm: float) -> str:
    return f"10 HPF of {hpf_mm:.2f} mm"


def _hotspot(name: str, windows: Sequence[Window], points: np.ndarray, tissue: TissueMap) -> Hotspot | None:
    pixels = 1e3 / tissue.mpp
    placed: list[Window | None] = [
        densest_circle(points, one.width / 2 * pixels)
        if one.circle
        else densest_rectangle(points, one.width * pixels, one.height * pixels)
        for one in windows
    ]
    held = {one: int(one.holds(points).sum()) for one in placed if one is not None}
    if not held:
        return None
    best = max(held, key=held.__getitem__)
    return Hotspot(name, best, held[best], windows[0].area, tissue.area_within_mm2(best))
