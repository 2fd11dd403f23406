"""A window on an image: the circle or rectangle in which figures are counted."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

SLACK = 1e-9
"""Relative widening of a window, so that a point on its edge lies inside however the numbers are rounded."""
CORNERS = 72
"""Corners of the polygon that stands for a circle."""


@dataclass(frozen=True)
class Window:
    """A circle or an upright rectangle, in the unit of the points.

    Attributes:
        x: x of the centre.
        y: y of the centre.
        width: Width; of a circle its diameter.
        height: Height; of a circle its diameter.
        circle: Whether it is a circle.
    """

    x: float
    y: float
    width: float
    height: float
    circle: bool

    @property
    def area(self) -> float:
        """Its area."""
        return math.pi * self.width**2 / 4 if self.circle else self.width * self.height

    def holds(self, points: np.ndarray) -> np.ndarray:
        """(n,) bool: which of (n, 2) x, y lie inside or on the edge."""
        x, y = (points - (self.x, self.y)).T
        if self.circle:
            return x**2 + y**2 <= (self.width / 2) ** 2 * (1 + SLACK)
        return (abs(x) <= self.width / 2 * (1 + SLACK)) & (abs(y) <= self.height / 2 * (1 + SLACK))

    def outline(self) -> np.ndarray:
        """(k, 2) x, y of the corners; a circle becomes a polygon of the same area."""
        if self.circle:
            turn = 2 * math.pi / CORNERS
            radius = self.width / 2 * math.sqrt(turn / math.sin(turn))
            angles = np.arange(CORNERS) * turn
            return np.column_stack([self.x + radius * np.cos(angles), self.y + radius * np.sin(angles)])
        half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
        return half * (self.width, self.height) + (self.x, self.y)

    def data(self) -> dict[str, Any]:
        """The window as plain data, of which ``Window(**data)`` makes it again."""
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height, "circle": self.circle}
