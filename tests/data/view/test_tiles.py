"""TileView: where tiles are drawn, with which shares, and that they are reproducible."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from mitosis.augment.none import NoAugment
from mitosis.augment.scmitosis import SCMitosisAugment
from mitosis.data.record import Circle, Field, MitoticFigure, Record
from mitosis.data.view.sampler import EpochSampler
from mitosis.data.view.tiles import TileView
from mitosis.errors import InputError


def field(height: int, width: int, *centres: tuple[int, int], name: str = "f", radius: int = 0) -> Field:
    """Pixels that encode their position: red is x, green is y (mod 256), blue holds the multiples of 256 of both."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([x % 256, y % 256, x // 256 + 16 * (y // 256)], axis=-1).astype(np.uint8)
    figures = [
        MitoticFigure(np.argwhere((x - cx) ** 2 + (y - cy) ** 2 <= radius**2)[:, ::-1].astype(np.int32))
        for cx, cy in centres
    ]
    record = Record(name, image.copy, (height, width), 0.25, "c", "s", "A", tuple(figures))
    return Field(record, image, record.mask())


def place(tile: torch.Tensor) -> tuple[int, int]:
    """The x, y of a tile's upper left pixel in its field."""
    red, green, blue = (tile[:, 0, 0] * 255).round().int().tolist()
    return red + 256 * (blue % 16), green + 256 * (blue // 16)


def draw(view: TileView, count: int, epoch: int = 0) -> list[dict[str, torch.Tensor]]:
    return [view[(epoch, index)] for index in range(count)]


@pytest.mark.parametrize("augment", [NoAugment(), SCMitosisAugment()])
def test_shapes_and_ranges(augment: object) -> None:
    view = TileView([field(90, 120, (50, 40), radius=6)], augment, size=48, jitter=10, samples=6, seed=0)
    assert len(view) == 6
    for item in draw(view, 20):
        assert item["image"].shape == (3, 48, 48)
        assert item["image"].dtype == torch.float32
        assert item["mask"].shape == (1, 48, 48)
        assert item["mask"].dtype == torch.float32
        assert item["image"].min() >= 0
        assert item["image"].max() <= 1
        assert set(item["mask"].unique().tolist()) <= {0.0, 1.0}


def test_a_tile_shows_the_pixels_of_its_window() -> None:
    source = field(100, 130, (60, 50), radius=5)
    view = TileView([source], NoAugment(), size=32, jitter=15, overlap=4, samples=1, seed=3)
    for item in draw(view, 50):
        x, y = place(item["image"])
        expected = source.image[y : y + 32, x : x + 32].transpose(2, 0, 1) / np.float32(255)
        np.testing.assert_array_equal(item["image"], expected)
        np.testing.assert_array_equal(item["mask"][0], source.mask[y : y + 32, x : x + 32])


@pytest.mark.parametrize("augment", [NoAugment(), SCMitosisAugment()])
def test_rings_stay_rings(augment: object) -> None:
    source = field(300, 300, (150, 150), radius=6)
    figure = replace(source.record.figures[0], ring=Circle(150, 150, 12))
    record = replace(source.record, figures=(figure,))
    ringed = Field(record, source.image, record.mask())
    plain, rings = (
        TileView([one], augment, size=64, positives=1, jitter=4, samples=1, seed=0) for one in (source, ringed)
    )
    for index in range(20):
        one, other = plain[0, index], rings[0, index]
        assert other["image"].equal(one["image"])
        assert (other["mask"] == 1).equal(one["mask"] == 1)
        assert set(other["mask"].unique().tolist()) <= {0.0, 1.0, 2.0}
        assert 200 < (other["mask"] == 2).sum() < 600  # π (12² − 6²) = 339, times 0.8² to 1.25²


def test_workers_do_not_change_the_batches() -> None:
    view = TileView([field(300, 300, (70, 200), radius=6)], SCMitosisAugment(), size=64, jitter=20, samples=24, seed=1)
    cv2.GaussianBlur(np.zeros((2000, 2000), np.float32), (0, 0), 3)  # start OpenCV's threads before the fork

    def epoch(number: int, workers: int) -> list[torch.Tensor]:
        sampler = EpochSampler(len(view), seed=1)
        sampler.set_epoch(number)
        loader = DataLoader(view, batch_size=4, sampler=sampler, num_workers=workers)
        return [part for batch in loader for part in (batch["image"], batch["mask"])]

    alone, again = epoch(2, 0), epoch(2, 2)
    assert len(alone) == len(again) == 12
    assert all(torch.equal(one, other) for one, other in zip(alone, again, strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(alone[::2], epoch(3, 0)[::2], strict=True))


def test_seed_epoch_and_index_each_change_the_sample() -> None:
    fields = [field(300, 300, (70, 200), radius=6)]
    one, other = (TileView(fields, SCMitosisAugment(), size=64, jitter=20, samples=9, seed=seed) for seed in (0, 1))
    keys = [(epoch, index) for epoch in range(4) for index in range(4)]
    assert len({view[key]["image"].numpy().tobytes() for view in (one, other) for key in keys}) > 30
    assert torch.equal(one[(2, 3)]["image"], one[(2, 3)]["image"])


def test_share_of_positives() -> None:
    # The only mitosis is in a field of the tile's size, which has 1 of the grid's 101 windows.
    fields = [field(32, 32, (16, 16), radius=3), field(32, 3200, name="empty")]
    for share in (0.0, 0.3, 1.0):
        view = TileView(fields, NoAugment(), size=32, overlap=0, jitter=8, positives=share, samples=1, seed=0)
        hits = sum(item["mask"].any().item() for item in draw(view, 1500))
        assert hits / 1500 == pytest.approx(share + (1 - share) / 101, abs=0.035)


def test_all_mitoses_are_equally_likely() -> None:
    crowd = [(x, 100) for x in range(60, 600, 60)]
    fields = [field(200, 200, (100, 100), radius=2), field(200, 660, *crowd, name="crowd")]
    view = TileView(fields, NoAugment(), size=32, overlap=0, jitter=0, positives=1, samples=1, seed=0)
    seen = Counter((*place(item["image"]), item["mask"].sum().item()) for item in draw(view, 2000))
    assert {key[:2] for key in seen} == {(x - 16, 84) for x in [100, *(x for x, _ in crowd)]}
    assert seen.total() == 2000
    assert all(140 < count < 260 for count in seen.values())


def test_sliding_grid() -> None:
    view = TileView([field(300, 520)], NoAugment(), positives=0, sliding=1, samples=1, seed=0)
    seen = Counter(place(item["image"]) for item in draw(view, 300))
    assert seen.keys() == {(x, y) for x in (0, 224, 264) for y in (0, 44)}
    assert min(seen.values()) > 25


def test_random_windows_reach_every_place() -> None:
    view = TileView(
        [field(20, 23)], NoAugment(), size=16, overlap=0, positives=0, sliding=0, jitter=0, samples=1, seed=0
    )
    assert {place(item["image"]) for item in draw(view, 600)} == {(x, y) for x in range(8) for y in range(5)}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), height=st.integers(1, 90), width=st.integers(1, 90), jitter=st.integers(0, 15))
def test_a_positive_tile_holds_its_one_pixel_mitosis(data: st.DataObject, height: int, width: int, jitter: int) -> None:
    centre = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    source = field(height, width, centre)
    view = TileView([source], NoAugment(), size=32, overlap=8, jitter=jitter, positives=1, samples=1, seed=0)
    for item in draw(view, 4):
        assert item["mask"].sum() >= 1
        if height >= 32 and width >= 32:
            x, y = place(item["image"])
            assert 0 <= x <= width - 32
            assert 0 <= y <= height - 32
            assert item["mask"][0, centre[1] - y, centre[0] - x] == 1
            assert item["mask"].sum() == 1
            for start, middle, length in ((x, centre[0], width), (y, centre[1], height)):
                inside = 16 + jitter <= middle <= length - 16 - jitter
                assert not inside or abs(start + 16 - middle) <= jitter


def test_augmented_positive_tiles_keep_their_mitosis() -> None:
    view = TileView([field(500, 500, (250, 250), radius=5)], SCMitosisAugment(), positives=1, samples=1, seed=0)
    assert all(item["mask"].sum() > 20 for item in draw(view, 80))


class Worst:
    """Rotates by 45° and shrinks to 0.8, with black beyond the border; records its arguments."""

    def __call__(self, image: np.ndarray, mask: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        self.given = image
        middle = (image.shape[1] - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), 45, 0.8)
        return cv2.warpAffine(image, turn, image.shape[:2]), mask


def test_margin_keeps_the_border_out() -> None:
    source = field(500, 500)
    source.image[:] = 255
    view = TileView([source], Worst(), positives=0, samples=1, seed=0)
    assert all(item["image"].min() == 1 for item in draw(view, 5))


def test_margin_is_reflected_at_the_corners() -> None:
    source, augment = field(256, 256), Worst()
    TileView([source], augment, positives=0, samples=1, seed=0)[(0, 0)]
    margin = (len(augment.given) - 256) // 2
    pad = ((margin, margin), (margin, margin), (0, 0))
    np.testing.assert_array_equal(augment.given, np.pad(source.image, pad, mode="reflect"))


@pytest.mark.parametrize("shape", [(20, 500), (7, 9), (1, 1), (500, 31)])
def test_field_smaller_than_a_tile(shape: tuple[int, int]) -> None:
    source = field(*shape, (shape[1] // 2, shape[0] // 2))
    for positives, sliding in ((1, 0), (0, 1), (0, 0)):
        view = TileView(
            [source], NoAugment(), size=32, overlap=0, jitter=4, positives=positives, sliding=sliding, samples=1, seed=0
        )
        assert view[(0, 0)]["image"].shape == (3, 32, 32)
    if max(shape) <= 32:
        pads = [(size := (32 - n + 1) // 2, 32 - n - size) for n in shape]
        expected = np.pad(source.image, [*pads, (0, 0)], mode="reflect")
        np.testing.assert_array_equal((view[(0, 0)]["image"] * 255).round(), expected.transpose(2, 0, 1))


def test_impossible_settings_are_refused() -> None:
    empty, full = field(40, 40), field(40, 40, (20, 20))
    with pytest.raises(InputError, match="no mitosis in the 1 training fields"):
        TileView([empty], NoAugment(), size=32, overlap=4, jitter=4, samples=1, seed=0)
    TileView([empty], NoAugment(), size=32, overlap=4, jitter=4, positives=0, samples=1, seed=0)
    with pytest.raises(InputError, match="no fields"):
        TileView([], NoAugment(), samples=1, seed=0)
    with pytest.raises(InputError, match="jitter=16"):
        TileView([full], NoAugment(), size=32, overlap=4, jitter=16, samples=1, seed=0)
    with pytest.raises(InputError, match="overlap=32"):
        TileView([full], NoAugment(), size=32, overlap=32, jitter=4, samples=1, seed=0)


def test_tiles_are_cut_at_one_resolution() -> None:
    """Mitoses of 6 µm, at 0.25 and at 0.5 µm/px, both fill a radius of 6 pixels in tiles of 0.5 µm/px."""
    fine, coarse = field(200, 200, (100, 100), radius=12), field(90, 90, (45, 45), radius=6, name="g")
    coarse = replace(coarse, record=replace(coarse.record, mpp=0.5))
    for source in (fine, coarse):
        view = TileView([source], NoAugment(), size=32, mpp=0.5, overlap=8, jitter=4, positives=1, samples=1, seed=0)
        for item in draw(view, 12):
            assert item["image"].shape == (3, 32, 32)
            assert set(item["mask"].unique().tolist()) <= {0.0, 1.0}
            assert item["mask"].sum().item() == pytest.approx(np.pi * 6**2, rel=0.1)
            rows, columns = item["mask"][0].nonzero().float().mean(dim=0).tolist()
            assert abs(rows - 15.5) <= 5
            assert abs(columns - 15.5) <= 5


def test_the_grid_covers_a_field_at_another_resolution() -> None:
    """At twice its µm per pixel, a tile of 32 spans 64 pixels of the field, and a step of 24 spans 48."""
    view = TileView(
        [field(64, 160)], NoAugment(), size=32, mpp=0.5, overlap=8, jitter=4, positives=0, sliding=1, samples=1, seed=0
    )
    reds = {round(item["image"][0, 0, 0].item() * 255) for item in draw(view, 60)}
    assert reds == {1, 49, 97}, "each the mean of two pixels, 0.5 above the first, rounded"
