"""Whole fields for training: rescaled once, equally frequent, and dependent only on the key."""

from collections import Counter

import numpy as np
import pytest
import torch

from mitosis.augment.none import NoAugment
from mitosis.augment.scmitosis import SCMitosisAugment
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.view.whole import WholeFieldView, scaled
from mitosis.errors import InputError


def square(left: int, top: int, side: int) -> MitoticFigure:
    rows, columns = np.mgrid[top : top + side, left : left + side]
    return MitoticFigure(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int32))


def field(name: str, side: int = 128, mpp: float = 0.25, grey: int = 200) -> Field:
    """A grey field with one dark square of 32 pixels whose upper left corner is (40, 64)."""
    figure = square(40, 64, 32)
    image = np.full((side, side, 3), grey, np.uint8)
    image[64:96, 40:72] = 40
    record = Record(name, lambda: image, (side, side), mpp, name, name, "drawn", (figure,))
    return Field(record, image, record.mask())


def view(fields: list[Field], mpp: float | None = 1.0, samples: int = 6, augment=None) -> WholeFieldView:
    return WholeFieldView(fields, augment or NoAugment(), mpp=mpp, samples=samples, seed=0)


def test_image_and_mask_are_scaled_together() -> None:
    item = view([field("a")])[0, 0]
    assert item["image"].shape == (3, 32, 32)
    assert item["mask"].shape == (1, 32, 32)
    expected = torch.zeros(32, 32)
    expected[16:24, 10:18] = 1
    assert item["mask"][0].equal(expected)
    dark = item["image"][0] < 120 / 255
    assert dark.equal(expected.bool())
    assert item["image"].max() <= 201 / 255


def test_half_covered_pixels_are_mitosis() -> None:
    figure = square(41, 64, 32)  # a quarter of a scaled pixel is cut off on the left, and a quarter added on the right
    one = field("a")
    record = Record("a", lambda: one.image, (128, 128), 0.25, "a", "a", "drawn", (figure,))
    _, mask = scaled(Field(record, one.image, record.mask()), 1.0)
    assert mask.dtype == np.uint8
    assert mask[20].tolist() == [0] * 10 + [1] * 8 + [0] * 14


def test_a_ring_stays_a_ring_and_its_edge_is_not_mitosis() -> None:
    one = field("a")
    mask = np.zeros((128, 128), np.uint8)
    mask[56:104, 32:80] = 2
    mask[64:96, 40:72] = 1
    _, small = scaled(Field(one.record, one.image, mask), 1.0)
    expected = np.zeros((32, 32), np.uint8)
    expected[14:26, 8:20] = 2
    expected[16:24, 10:18] = 1
    np.testing.assert_array_equal(small, expected)
    mask = 2 * np.random.default_rng(0).integers(2, size=(128, 128), dtype=np.uint8)
    for mpp in (0.125, 0.3, 0.5):
        assert set(np.unique(scaled(Field(one.record, one.image, mask), mpp)[1])) == {0, 2}


def test_without_mpp_a_field_keeps_its_resolution() -> None:
    one = field("a")
    image, mask = scaled(one, None)
    np.testing.assert_array_equal(image, one.image)
    np.testing.assert_array_equal(mask, one.mask)


def test_all_fields_occur_equally_often() -> None:
    greys = {200: "a", 210: "b", 220: "c"}
    data = view([field(name, grey=grey) for grey, name in greys.items()], samples=9)
    assert len(data) == 9
    seen = Counter(round(float(data[0, index]["image"].max()) * 255) for index in range(9))
    assert set(seen.values()) == {3}
    assert set(seen) == set(greys)


def test_an_item_depends_only_on_its_key() -> None:
    augment = SCMitosisAugment()
    one, other = (view([field("a"), field("b")], augment=augment) for _ in range(2))
    for key in ((0, 0), (0, 2), (3, 1)):
        assert one[key]["image"].equal(other[key]["image"])
        assert one[key]["mask"].equal(other[key]["mask"])
    assert not one[0, 0]["image"].equal(one[1, 0]["image"])
    assert not one[0, 0]["image"].equal(one[0, 2]["image"])


def test_fields_must_have_the_same_size_in_µm() -> None:
    with pytest.raises(InputError, match="a .32 x 32. and b .24 x 24.*tiling.mpp=1.0"):
        view([field("a"), field("b", side=96)])
    view([field("a"), field("b", side=256, mpp=0.125)])
    with pytest.raises(InputError, match="no fields"):
        view([])
