"""TurnedTileView: which tiles are drawn, at which resolution, and that they are reproducible."""

import numpy as np
import pytest
import torch
from refused import refused

from mitosis.augment.none import NoAugment
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.view.turned_tiles import TurnedTileView


def field(*centres: tuple[int, int], name: str = "f", size: int = 200, mpp: float = 0.25, hard: object = ()) -> Field:
    """A white field with black mitoses of 9 × 9 pixels; the red channel is 100 within 4 px of a hard point."""
    image = np.full((size, size, 3), 255, np.uint8)
    figures = []
    for x, y in centres:
        rows, columns = np.mgrid[y - 4 : y + 5, x - 4 : x + 5]
        figures.append(MitoticFigure(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32)))
        image[y - 4 : y + 5, x - 4 : x + 5] = 0
    points = np.array(hard, dtype=np.float64).reshape(-1, 2)
    for x, y in points.astype(int):
        image[y - 4 : y + 5, x - 4 : x + 5, 0] = 100
    record = Record(name, image.copy, (size, size), mpp, "c", "s", "A", tuple(figures), hard_negatives=points)
    return Field(record, image, record.mask())


def view_of(*fields: Field, **settings: object) -> TurnedTileView:
    given: dict[str, object] = {"size": 32, "samples": 50, "seed": 0, "jitter": 0.2, "scale": (1.0, 1.0)} | settings
    return TurnedTileView(list(fields), NoAugment(), **given)  # pyright: ignore[reportArgumentType]


def items(view: TurnedTileView, count: int = 40, epoch: int = 0) -> list[dict[str, torch.Tensor]]:
    return [view[(epoch, index)] for index in range(count)]


def test_a_tile_around_a_mitosis_holds_it_with_its_mask() -> None:
    for item in items(view_of(field((100, 100)), positives=1.0, hard=0.0)):
        assert item["image"].shape == (3, 32, 32)
        assert item["mask"].shape == (1, 32, 32)
        assert 60 <= item["mask"].sum() <= 100  # 81 pixels, whatever the turn
        assert item["image"][0][item["mask"][0] == 1].mean() < 0.15


def test_tiles_are_cut_at_the_given_resolution() -> None:
    """At 0.5 µm a mitosis of 9 × 9 pixels of 0.25 µm has a quarter of its pixels, and one of 0.5 µm all of them."""
    for mpp, pixels in ((0.25, 81 / 4), (0.5, 81)):
        masks = [
            item["mask"].sum() for item in items(view_of(field((100, 100), mpp=mpp), mpp=0.5, positives=1.0, hard=0))
        ]
        assert float(np.mean(masks)) == pytest.approx(pixels, rel=0.15)


def test_hard_points_are_labelled_look_alikes_and_mined_ones() -> None:
    view = view_of(field((40, 40), hard=[(150, 150)]), positives=0.0, hard=1.0)

    def shows_look_alike(item: dict[str, torch.Tensor]) -> bool:
        return bool((item["image"][0] < 0.6).any())

    assert all(map(shows_look_alike, items(view)))
    view.set_hard({"f": np.array([[40.0, 150.0]])})
    seen = [shows_look_alike(item) for item in items(view)]
    assert 8 < sum(seen) < 32  # one of two points
    view.set_hard({})
    assert all(map(shows_look_alike, items(view)))


def test_without_hard_points_tiles_lie_anywhere() -> None:
    masks = [float(item["mask"].sum()) for item in items(view_of(field((100, 100)), positives=0.0, hard=1.0), 80)]
    assert 0 < sum(mask > 0 for mask in masks) < 30


def test_shares() -> None:
    view = view_of(field((100, 100), size=1000), positives=0.5, hard=0.0, jitter=0.0)
    assert 30 < sum(bool(item["mask"].sum() > 0) for item in items(view, 80)) < 52


def test_a_tile_depends_on_the_key_alone() -> None:
    one, other = (view_of(field((100, 100), (30, 160), hard=[(150, 40)])) for _ in range(2))
    forward = items(one, 12, epoch=3)
    backward = [other[(3, index)] for index in reversed(range(12))][::-1]
    for a, b in zip(forward, backward, strict=True):
        assert torch.equal(a["image"], b["image"])
        assert torch.equal(a["mask"], b["mask"])
    another = items(one, 12, epoch=4)
    assert not all(torch.equal(a["image"], b["image"]) for a, b in zip(forward, another, strict=True))


def test_a_field_smaller_than_a_tile_is_reflected() -> None:
    (item,) = items(view_of(field((10, 10), size=20), positives=1.0, hard=0.0), 1)
    assert item["image"].shape == (3, 32, 32)


def test_refusals() -> None:
    assert "together at most 1" in refused(lambda: view_of(field((9, 9)), positives=0.8, hard=0.3))
    assert "jitter=0.5" in refused(lambda: view_of(field((9, 9)), jitter=0.5))
    assert "no fields" in refused(lambda: view_of())
    assert "no mitosis" in refused(lambda: view_of(field(), positives=0.1))
