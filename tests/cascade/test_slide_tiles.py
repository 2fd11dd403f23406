"""A slide in tiles against the same pixels as one image, with convolutions that look beyond the tiles' edges."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mitosis.cascade import slide_tiles
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.slide_tiles import SlideTiles
from mitosis.data.drawing.field import draw_field
from mitosis.errors import InputError
from mitosis.image.overview import find_tissue
from mitosis.image.scan import read_scan
from mitosis.image.slide import slide_levels
from mitosis.run.trained import Trained
from mitosis.stain.macenko import Macenko, fit

SIDE = 600
PEAKS = {"threshold": 0.3, "recall": 0.95, "min_area_um2": 6.25, "method": "peaks", "sigma_um": 1.0, "radius_um": 6.0}
PARTS = {"threshold": 0.6, "recall": 0.95, "min_area_um2": 6.25}
NO_STAIN = {"_target_": "mitosis.stain.none.NoStain"}
MACENKO = {"_target_": "mitosis.stain.macenko.Macenko"}


class Dark(nn.Module):
    """Nuclei, with convolutions padded by 0: near the border of a window it gives something else than inside."""

    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        dark = nn.functional.avg_pool2d(1 - image.mean(dim=1, keepdim=True), 9, 1, 4)
        return 20 * (dark - 0.42) - nn.functional.avg_pool2d(dark, 31, 1, 15)


class Red(nn.Module):
    def forward(self, crops: Tensor) -> Tensor:
        red, _, blue = crops.mean(dim=(2, 3)).unbind(dim=1)
        return torch.stack([torch.zeros_like(red), 8 * (red - blue) + crops[:, 0, 0, 0]], dim=1)


def cascade(candidate: dict, mpp: float | None, window: int | str = 128, stain: dict = NO_STAIN) -> Cascade:
    tiling = {"mpp": mpp, "window": "auto", "overlap": 16, "blend": "weighted", "batch": 4, "max_pixels": 10**8}
    first = {"stage": {"kind": "segmentation"}, "stain": stain, "tiling": tiling, "candidate": candidate}
    chosen = {"threshold": candidate["threshold"], "window": window}
    crop = {"side_um": 24.0, "pixels": 64, "border": "reflect"}
    second = {"stage": {"kind": "classification"}, "stain": stain, "crop": crop}
    return Cascade(
        Trained(Dark, first, chosen, "feed", 1, 0.25, Path("segmenter")),
        Trained(Red, second, {"threshold": 0.5}, "beef", 1, 0.25, Path("classifier")),
    )


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """Tissue in the upper left, glass elsewhere."""
    image = np.full((SIDE, SIDE + 60, 3), 245, np.uint8)
    image[:440, :512] = draw_field(seed=0, case=3, index=0, size=512).image[:440]
    return image


@pytest.fixture(scope="module")
def slide(image: np.ndarray, tmp_path_factory, write_slide: Callable[..., Path]) -> Path:
    return write_slide(tmp_path_factory.mktemp("slide") / "a.svs", image)


def found(cascade: Cascade, path: Path, mpp: float, side: int, monkeypatch) -> tuple[np.ndarray, SlideTiles]:
    monkeypatch.setattr(slide_tiles, "SIDE", side)
    scan = read_scan(path)
    tiles = SlideTiles(cascade, scan, mpp, find_tissue(scan, mpp, slide_levels(path)))
    rows = np.concatenate([tile.candidates for tile in tiles.find({})])
    return rows[np.lexsort(rows.T[:2])], tiles


def as_one(cascade: Cascade, image: np.ndarray, mpp: float) -> np.ndarray:
    probability = cascade.probability(image, mpp=mpp, network_mpp=cascade.network_mpp(mpp))
    candidates = cascade.propose(probability, mpp=mpp)
    second = cascade.classify(image, candidates.points, mpp=mpp)
    rows = np.column_stack([candidates.points, candidates.mean, second, candidates.area_um2])
    return rows[np.lexsort(rows.T[:2])]


@pytest.mark.parametrize(
    ("candidate", "mpp", "network", "window", "side"),
    [
        (PEAKS, 0.2456, 0.5, 64, 100),
        (PARTS, 0.25, 0.5, 64, 100),
        (PEAKS, 0.25, None, 128, 100),
        (PEAKS, 0.5, 0.25, 128, 300),
    ],
)
def test_tiles_find_what_the_whole_image_shows(image, slide, candidate, mpp, network, window, side, monkeypatch):
    one = cascade(candidate, network, window)
    whole = as_one(one, image, mpp)
    tiled, tiles = found(one, slide, mpp, side, monkeypatch)
    assert len(whole) > 12
    assert len(tiles.areas) >= 4
    assert len(tiled) == len(whole)
    np.testing.assert_allclose(tiled[:, :2], whole[:, :2], atol=0.02)
    np.testing.assert_allclose(tiled[:, 2:4], whole[:, 2:4], atol=1e-3)
    np.testing.assert_allclose(tiled[:, 4], whole[:, 4], rtol=0.01, atol=0.1)


def test_a_window_of_the_whole_slide(image, slide, monkeypatch):
    one = cascade(PEAKS, 0.5, "whole")
    tiled, tiles = found(one, slide, 0.25, 100, monkeypatch)
    assert len(tiles.areas) == 1
    np.testing.assert_allclose(tiled, as_one(one, image, 0.25), atol=2e-2)


def test_the_stain_is_fitted_once_to_a_sample_of_tissue(image, slide, monkeypatch):
    """Every tile is normalised alike, as the tissue as a whole would be, though one holds little tissue."""
    one = cascade(PEAKS, 0.5, 64, MACENKO)
    fits = []
    monkeypatch.setattr("mitosis.stain.macenko.fit", lambda sample: fits.append(sample.shape) or fit(sample))
    tiled, _ = found(one, slide, 0.25, 100, monkeypatch)
    assert fits == [(56 * 128, 128, 3)]  # a patch of each cell of 64 pixels
    recoloured = Macenko().fit(image[:440, :512])(image)
    whole = as_one(one, recoloured, 0.25)
    assert abs(len(tiled) - len(whole)) <= 2
    gaps = np.hypot(*(tiled[:, None, :2] - whole[None, :, :2]).transpose(2, 0, 1)).min(axis=1)
    assert (gaps < 1).mean() > 0.9


def test_a_stain_for_fields_only_is_refused(slide, monkeypatch):
    one = cascade(PEAKS, 0.5, 64, {"_target_": "mitosis.stain.staintools_macenko.StaintoolsMacenko"})
    with pytest.raises(InputError, match="StaintoolsMacenko cannot be fitted once per slide; use networks of stain="):
        found(one, slide, 0.25, 100, monkeypatch)
