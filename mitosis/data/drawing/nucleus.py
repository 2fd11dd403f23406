"""Ordinary interphase nuclei: those of the tumour, and those of the stroma's spindle cells."""

import numpy as np

from mitosis.data.drawing.canvas import Canvas, Generator, cover, outline


def draw_interphase(canvas: Canvas, rng: Generator, x: float, y: float) -> None:
    """A tumour nucleus at (x, y) µm: large, pale inside, with a sharp membrane, loose chromatin and nucleoli."""
    half_length = rng.uniform(3.6, 5.4)
    half_width = half_length * rng.uniform(0.66, 0.95)
    patch = canvas.patch(x, y, half_length * 1.4)
    inside = outline(rng, patch, half_length, half_width, rng.uniform(0, np.pi), 0.05)
    level = rng.uniform(0.3, 0.62)
    chromatin = level + 0.20 * patch.noise(rng, 0.8) + 0.08 * patch.noise(rng, 1.8)
    membrane = np.exp(-(((inside - 0.3) / 0.32) ** 2)) * rng.uniform(0.45, 0.95)
    for _ in range(rng.integers(1, 4)):
        distance, angle = 0.55 * half_width * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        radius = rng.uniform(0.4, 0.95)
        spot = radius - np.hypot(patch.x - distance * np.cos(angle), patch.y - distance * np.sin(angle))
        chromatin += cover(spot, 0.4) * rng.uniform(0.5, 0.95)
    eosin = rng.uniform(0.22, 0.42) + 0.05 * patch.noise(rng, 1.0)
    canvas.paint(patch, cover(inside, 0.4), np.clip(chromatin + membrane, 0.08, None), np.clip(eosin, 0.02, None))


def draw_spindle(canvas: Canvas, rng: Generator, x: float, y: float) -> None:
    """A fibroblast's nucleus at (x, y) µm: long and thin, evenly grey, its ends pointed."""
    half_length, half_width = rng.uniform(4.0, 6.5), rng.uniform(0.9, 1.6)
    patch = canvas.patch(x, y, half_length * 1.3)
    along, across = patch.turned(rng.uniform(0, np.pi))
    across = across + rng.normal(0, 0.02) * along**2
    inside = half_width * (1 - (along / np.float32(half_length)) ** 2) - np.abs(across)
    level = rng.uniform(0.65, 1.1)
    chromatin = level + 0.12 * patch.noise(rng, 0.9)
    canvas.paint(patch, cover(inside, 0.5), np.clip(chromatin, 0.1, None), rng.uniform(0.25, 0.4))
