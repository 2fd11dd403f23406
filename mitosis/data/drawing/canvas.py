"""The canvas of a drawn field: two maps of stain concentration, and local patches on which objects are painted."""

from dataclasses import dataclass

import cv2
import numpy as np

Generator = np.random.Generator


@dataclass(frozen=True, eq=False)
class Patch:
    """A square window of the canvas around one object.

    ``rows`` and ``columns`` index the canvas; ``x`` and ``y``: (h, w) float32 µm from the object's centre.
    """

    rows: slice
    columns: slice
    x: np.ndarray
    y: np.ndarray
    mpp: float

    def noise(self, rng: Generator, scale: float) -> np.ndarray:
        """Smooth (h, w) float32 noise with mean 0, standard deviation near 1 and grains of ``scale`` µm."""
        return smooth_noise(rng, self.x.shape, scale / self.mpp)

    def turned(self, angle: float) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates in µm along and across the direction ``angle`` in radians."""
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        return self.x * cosine + self.y * sine, self.y * cosine - self.x * sine


@dataclass(frozen=True, eq=False)
class Canvas:
    """Concentrations of haematoxylin and eosin, (size, size) float32 each, at ``mpp`` µm per pixel.

    A concentration of 1 adds a natural optical density of 1 along the stain's unit vector.
    """

    haematoxylin: np.ndarray
    eosin: np.ndarray
    mpp: float

    def patch(self, x: float, y: float, reach: float) -> Patch:
        """The window that extends ``reach`` µm from the point (``x``, ``y``) µm, clipped to the canvas."""
        size = self.haematoxylin.shape[0]
        left, right = (int(np.clip(np.rint(edge / self.mpp), 0, size)) for edge in (x - reach, x + reach))
        top, bottom = (int(np.clip(np.rint(edge / self.mpp), 0, size)) for edge in (y - reach, y + reach))
        across = np.arange(left, right, dtype=np.float32) * self.mpp - x
        down = np.arange(top, bottom, dtype=np.float32) * self.mpp - y
        grid_x, grid_y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
        return Patch(slice(top, bottom), slice(left, right), grid_x, grid_y, self.mpp)

    def paint(
        self, patch: Patch, cover: np.ndarray, haematoxylin: np.ndarray | float, eosin: np.ndarray | float
    ) -> None:
        """Blend the given concentrations in; ``cover`` (0…1) is their opacity."""
        for stain, value in ((self.haematoxylin, haematoxylin), (self.eosin, eosin)):
            window = stain[patch.rows, patch.columns]
            window += cover * (value - window)

    def dilute(self, patch: Patch, cover: np.ndarray, haematoxylin: float, eosin: float) -> None:
        """Multiply the concentrations by the given factors where ``cover`` is 1, by less where it is below 1."""
        for stain, factor in ((self.haematoxylin, haematoxylin), (self.eosin, eosin)):
            window = stain[patch.rows, patch.columns]
            window *= 1 + cover * np.float32(factor - 1)


def smooth_noise(rng: Generator, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Smooth (height, width) float32 noise with mean 0, standard deviation near 1 and grains of ``scale`` pixels."""
    scale = max(scale, 1.0)
    height, width = shape
    grid = rng.standard_normal((int(height / scale) + 3, int(width / scale) + 3), dtype=np.float32)
    return 1.3 * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def outline(
    rng: Generator, patch: Patch, half_length: float, half_width: float, angle: float, wobble: float
) -> np.ndarray:
    """(h, w) float32: the approximate distance in µm to a smooth closed outline, positive inside.

    The outline is an ellipse whose radius oscillates two to five times around, with relative amplitude ``wobble``.
    """
    along, across = patch.turned(angle)
    along, across = along / np.float32(half_length), across / np.float32(half_width)
    theta = np.arctan2(across, along)
    radius = np.ones_like(theta)
    for times in range(2, 6):
        amplitude, phase = wobble * rng.normal() / times**0.5, rng.uniform(0, 2 * np.pi)
        radius += np.float32(amplitude) * np.cos(times * theta + np.float32(phase))
    return (radius - np.hypot(along, across)) * np.float32(np.sqrt(half_length * half_width))


def cover(distance: np.ndarray, edge: float) -> np.ndarray:
    """0 outside to 1 inside, over a band of ``edge`` µm centred on the outline."""
    return np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1)
