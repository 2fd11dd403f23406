"""The background of the nuclei: cytoplasm divided into cells, bundles of collagen, empty clefts."""

import cv2
import numpy as np
from scipy.spatial import KDTree

from mitosis.data.drawing.canvas import Canvas, Generator, smooth_noise


def stroma_share(rng: Generator, size: int, mpp: float) -> np.ndarray:
    """(size, size) float32 in 0…1: 1 in collagen, 0 inside tumour nests, with soft borders."""
    broad = smooth_noise(rng, (size, size), 40 / mpp) + 0.35 * smooth_noise(rng, (size, size), 10 / mpp)
    return np.clip((broad - rng.uniform(0.5, 1.0)) * 2.5 + 0.5, 0, 1)


def ground(rng: Generator, stroma: np.ndarray, cells: np.ndarray, mpp: float) -> Canvas:
    """A canvas with everything but nuclei; the Voronoi borders of ``cells``, (n, 2) in µm, become membranes."""
    haematoxylin, eosin = _cytoplasm(rng, stroma.shape, cells, mpp)
    fibres = _fibres(rng, stroma.shape, mpp)
    haematoxylin += stroma * (0.10 + 0.05 * fibres - haematoxylin)
    eosin += stroma * (0.60 + 0.20 * fibres - eosin)
    # Shrinkage tears tissue along the borders of nests and at random.
    tears = smooth_noise(rng, stroma.shape, 9 / mpp) + 0.5 * smooth_noise(rng, stroma.shape, 3 / mpp)
    tears += 1.1 * np.exp(-(((stroma - 0.5) / 0.3) ** 2))
    empty = np.clip((tears - rng.uniform(1.9, 2.5)) * 3, 0, 0.95)
    haematoxylin *= 1 - empty
    eosin *= 1 - empty
    return Canvas(np.clip(haematoxylin, 0.01, None), np.clip(eosin, 0.01, None), mpp)


def _cytoplasm(rng: Generator, shape: tuple[int, ...], cells: np.ndarray, mpp: float) -> tuple[np.ndarray, np.ndarray]:
    """Granular cytoplasm; each cell has its own density and is darker or torn along the border with the next one."""
    step = 4  # Distances vary slowly: a quarter of the resolution is enough.
    grid = (np.stack(np.meshgrid(*(np.arange(0, n, step) for n in shape[::-1])), axis=-1) + step / 2) * mpp
    grid += np.stack([smooth_noise(rng, grid.shape[:2], 3.0 / mpp / step) for _ in range(2)], axis=-1) * 0.7
    distance, index = KDTree(cells).query(grid.reshape(-1, 2), k=2)
    gap = (distance[:, 1] - distance[:, 0]).reshape(grid.shape[:2]).astype(np.float32)
    gap = cv2.resize(gap, shape[::-1], interpolation=cv2.INTER_LINEAR)
    own = rng.normal(0, 0.11, len(cells)).astype(np.float32)[np.asarray(index)[:, 0]].reshape(grid.shape[:2])
    own = cv2.resize(own, shape[::-1], interpolation=cv2.INTER_LINEAR)
    coarse, fine, finest = (smooth_noise(rng, shape, scale / mpp) for scale in (4.0, 1.4, 0.5))
    border = np.exp(-((gap / 0.8) ** 2)) * (0.3 + smooth_noise(rng, shape, 12 / mpp))
    eosin = 0.50 + own + 0.10 * coarse + 0.08 * fine + 0.06 * finest + 0.24 * border
    haematoxylin = 0.18 + 0.3 * own + 0.05 * coarse + 0.05 * fine + 0.03 * finest + 0.08 * border
    return haematoxylin, eosin


def _fibres(rng: Generator, shape: tuple[int, ...], mpp: float) -> np.ndarray:
    """(height, width) float32, mean 0: wavy parallel streaks, their direction drifting over the field."""
    height, width = shape
    reach = int(1.6 * max(shape))
    long, thin = 18 / mpp, 0.8 / mpp
    streaks = cv2.resize(
        rng.standard_normal((int(reach / thin) + 3, int(reach / long) + 3), dtype=np.float32),
        (reach, reach),
        interpolation=cv2.INTER_CUBIC,
    )
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    angle = rng.uniform(0, np.pi)
    along = (x - width / 2) * np.cos(angle) + (y - height / 2) * np.sin(angle)
    across = (y - height / 2) * np.cos(angle) - (x - width / 2) * np.sin(angle)
    across = across + (smooth_noise(rng, shape, 30 / mpp) * 3.5 + smooth_noise(rng, shape, 8 / mpp) * 0.8) / mpp
    return cv2.remap(
        streaks,
        (along + reach / 2).astype(np.float32),
        (across + reach / 2).astype(np.float32),
        interpolation=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
