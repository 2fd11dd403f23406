"""The positions of a field's objects: random places that keep their distance from each other."""

import numpy as np

from mitosis.data.drawing.canvas import Generator

TRIES = 60


class Layout:
    """Places on a square of ``side`` µm, each with a radius that later places respect."""

    def __init__(self, side: float) -> None:
        self.side = side
        self._taken = np.zeros((0, 3))

    def place(
        self, rng: Generator, radius: float, margin: float, zone: np.ndarray | None = None, apart: float = 0
    ) -> tuple[float, float] | None:
        """Draw a free place (x, y) in µm, at least ``margin`` µm from the border; None if no try succeeds.

        The place lies where ``zone``, a (size, size) bool map of the square, is true, and at least ``apart`` µm from
        places of the same or a larger radius.
        """
        for _ in range(TRIES):
            x, y = rng.uniform(margin, self.side - margin, 2)
            if zone is not None and not zone[tuple(int(each / self.side * len(zone)) for each in (y, x))]:
                continue
            gap = np.hypot(self._taken[:, 0] - x, self._taken[:, 1] - y)
            near = np.maximum(self._taken[:, 2] + radius, np.where(self._taken[:, 2] >= radius, apart, 0))
            if (gap >= near).all():
                self._taken = np.vstack([self._taken, (x, y, radius)])
                return float(x), float(y)
        return None

    def points(self) -> np.ndarray:
        """All places, (n, 2) x, y in µm."""
        return self._taken[:, :2]
