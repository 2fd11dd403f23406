"""CCMCT from a miniature: slides in Aperio's format and SlideRunner databases; also tests the common base class."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arguments import arguments
from miniature.slides import database
from refused import refused

from mitosis.check.check import check_counts
from mitosis.data.cache.cache import Cache
from mitosis.data.ccmct import CCMCT, TEST, TRAIN
from mitosis.data.drawing.field import draw_field
from mitosis.data.reading import slide_frame
from mitosis.image.mask_value import IGNORED, MITOSIS

ONE, OTHER = TRAIN[0], TRAIN[1]
SIDE_UM = 128.0  # 512 pixels


def ccmct(root: Path | None, **kwargs: Any) -> CCMCT:
    return CCMCT(root, **arguments(**{"fold": "all", "folds": None, "side_um": SIDE_UM} | kwargs))  # pyright: ignore


@pytest.fixture(scope="module")
def glass() -> np.ndarray:
    """1300 pixels wide and 1100 high, tissue from (512, 0) to (1024, 512)."""
    image = np.full((1100, 1300, 3), 245, np.uint8)
    image[:512, 512:1024] = draw_field(seed=0, case=0, index=0, size=512).image
    return image


@pytest.fixture
def root(tmp_path: Path, glass: np.ndarray, write_slide: Callable[..., Path]) -> Path:
    """Two slides; on the first mitoses at (600, 100), (511, 511), a look-alike at (520, 30), cells of other classes."""
    for name in (ONE, OTHER):
        write_slide(tmp_path / f"{name}.svs", glass)
    spots = [(1, 2, 600, 100), (1, 2, 511, 511), (1, 7, 520, 30), (1, 1, 1200, 900), (2, 3, 5, 5), (2, 7, 1290, 1090)]
    database(tmp_path / "MITOS_WSI_CCMCT_ODAEL.sqlite", {1: f"{ONE}.svs", 2: f"{OTHER}.svs"}, spots)
    return tmp_path


def test_regions_that_hold_a_label(root: Path, glass: np.ndarray) -> None:
    records = ccmct(root).records()
    assert [record.field for record in records] == [
        f"{ONE}_000000_000000", f"{ONE}_000512_000000", f"{OTHER}_001024_001024",
    ]  # fmt: skip
    first, second, last = records
    assert (second.case, second.slide, second.mpp, second.size) == (ONE, ONE, 0.25, (512, 512))
    np.testing.assert_array_equal(second.read(), glass[:512, 512:1024])
    assert second.centroids.round().tolist() == [[88, 100]]
    assert second.hard_negatives.tolist() == [[8, 30]]
    assert len(second.figures[0].pixels) == pytest.approx(np.pi * 16**2, rel=0.02)  # 4 µm
    # A mitosis at a corner of regions keeps its centre; its disc is cut off there and ignored in the neighbours.
    assert first.centroids.tolist() == [[511, 511]]
    assert first.figures[0].pixels.max() == 511
    (circle,) = second.ignored
    assert circle == (-1, 511, 16)
    assert second.mask()[511, 0] == second.mask()[500, 5] == IGNORED
    assert second.mask()[100, 88] == MITOSIS
    assert not second.mask()[400].any()
    assert not last.ignored
    assert last.size == (76, 276)
    assert last.hard_negatives.tolist() == [[266, 66]]
    assert not last.figures
    np.testing.assert_array_equal(last.read(), glass[1024:, 1024:])


def test_tissue_regions_are_added(root: Path) -> None:
    records = ccmct(root, regions="tissue").records()
    assert [record.field for record in records if record.case == OTHER] == [
        f"{OTHER}_000512_000000", f"{OTHER}_001024_001024",
    ]  # fmt: skip
    assert sum(len(record.figures) for record in records) == 2
    assert "only regions" in ccmct(root).remark
    assert not ccmct(root, regions="tissue").remark


def test_the_parts_carry_the_note(root: Path) -> None:
    assert "only regions that hold a label" in ccmct(root).parts.note


def test_regions_can_be_cached(root: Path, tmp_path: Path) -> None:
    data = ccmct(root, stain=_negative, cache=tmp_path / "cache")
    (first, second, _) = records = data.records()
    fields = data.store.fields(records)
    assert len({path.name for path in (tmp_path / "cache" / "images").iterdir()}) == 3  # three regions of one file
    np.testing.assert_array_equal(fields[1].image, 255 - second.read())
    assert Cache(tmp_path / "cache", _negative).missing_bytes(first) == 0


def _negative(image: np.ndarray, name: str) -> np.ndarray:
    return 255 - image


def test_the_official_fold_and_the_numbered_ones(
    tmp_path: Path, glass: np.ndarray, write_slide: Callable[..., Path]
) -> None:
    names = (*TRAIN[:4], TEST[0])
    for name in names:
        write_slide(tmp_path / f"{name.upper()}.SVS", glass)
    train = [(number, 2, 600, 100) for number in range(1, 5)]
    named = {number: f"{name}.dcm" for number, name in enumerate(TRAIN[:4], start=1)}
    database(tmp_path / "MITOS_WSI_CCMCT_ODAEL_train_dcm.sqlite", named, train)
    database(tmp_path / "MITOS_WSI_CCMCT_ODAEL_test.dcm.sqlite", {1: f"{TEST[0]}.dcm"}, [(1, 2, 600, 100)])
    data = ccmct(tmp_path)
    lists = data.lists(data.records())
    assert lists["official"]["test"][0].startswith(TEST[0])
    assert len(lists["official"]["train"]) == 3
    assert all(TEST[0] not in name for fold in "0123" for part in lists[fold].values() for name in part)
    (tmp_path / f"{TEST[0].upper()}.SVS").unlink()  # the whole test part is missing
    assert ccmct(tmp_path, fold="official").parts.test_absent


def test_cells_outside_their_slide_are_counted(root: Path) -> None:
    database(root / "MITOS_WSI_CCMCT_MEL.sqlite", {1: f"{ONE}.svs"}, [(1, 2, 1300, 5), (1, 2, 5, 5)])
    with pytest.warns(UserWarning, match=rf"1 annotation.*\(1300, 5\) in {ONE}\.svs"):
        (record,) = ccmct(root, labels="MEL").records()
    assert len(record.figures) == 1


def test_inventories_hold_the_published_counts() -> None:
    assert len(TRAIN) == 21
    assert len(TEST) == 11
    assert len({*TRAIN, *TEST}) == 32
    for labels, mitoses, others in (("MEL", 42_465, None), ("HEAEL", 42_607, 6099), ("ODAEL", 44_880, 27_965)):
        inventory = CCMCT.INVENTORIES[labels]
        assert (inventory.mitoses, inventory.hard_negatives) == (mitoses, others)
        assert sum(part.mitoses or 0 for part in inventory.parts) == mitoses


def test_counts_are_compared_with_the_inventory(root: Path) -> None:
    data = ccmct(root)
    (finding,) = check_counts(data.records(), data.inventory, data.lists(data.records()))
    assert finding.first.startswith("2/22404 mitoses, 2/14340 hard negatives")
    assert finding.verdict == "warning"


def refusal(root: Path | None, **kwargs: Any) -> str:
    return refused(lambda: ccmct(root, **kwargs).records())


def test_faulty_slides_and_databases_are_refused(
    root: Path, tmp_path: Path, glass: np.ndarray, write_slide: Callable[..., Path]
) -> None:
    assert "choose one of MEL, HEAEL, ODAEL" in refusal(root, labels="odael")
    assert "choose labelled or tissue" in refusal(root, regions="all")
    assert "side_um=0" in refusal(root, side_um=0)
    assert "data.root=DIR is not set" in refusal(None)
    assert "no MITOS_WSI_CCMCT_MEL.sqlite in it" in refusal(root, labels="MEL")
    (root / "copy").mkdir()
    write_slide(root / "copy" / f"{ONE}.svs", glass)
    assert "two files of one field" in refusal(root)
    (root / "copy" / f"{ONE}.svs").unlink()
    database(root / "MITOS_WSI_CCMCT_ODAEL_old.sqlite", {1: f"{ONE}.svs"})
    assert f"slide {ONE}.svs is in" in refusal(root)
    assert "keep one of these databases" in refusal(root)
    (root / "MITOS_WSI_CCMCT_ODAEL_old.sqlite").unlink()
    write_slide(root / f"{OTHER}.svs", glass[:600])
    assert f"{OTHER}.svs: 1300 x 600 pixels, and the cells in its database are of an image of 1300 x 1100" in refusal(
        root
    )
    (root / f"{OTHER}.svs").unlink()
    assert f"1 of 2 slides missing: {OTHER}" in refusal(root)


def test_the_resolution_must_be_known(root: Path, glass: np.ndarray) -> None:
    import tifffile

    for name in (ONE, OTHER):
        (root / f"{name}.svs").unlink()
        tifffile.imwrite(root / f"{name}.tif", glass, tile=(256, 256), photometric="rgb")
    assert f"{ONE}.tif: the slide does not give its µm per pixel; type data.mpp=0.25" in refusal(root)
    assert {record.mpp for record in ccmct(root, mpp=0.5).records()} == {0.5}


@pytest.mark.parametrize(
    ("y", "typed", "said"), [(0.25, 0.5, "0.5 typed and 0.25 by"), (0.5, None, "along x and 0.5 by")]
)
def test_resolutions_that_contradict_are_refused(
    root: Path, glass: np.ndarray, y: float, typed: float | None, said: str
) -> None:
    import tifffile

    for name in (ONE, OTHER):
        (root / f"{name}.svs").unlink()
        tags = {"resolution": (10_000 / 0.25, 10_000 / y), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(root / f"{name}.tif", glass, tile=(256, 256), photometric="rgb", **tags)
    assert said in refusal(root, mpp=typed)
    with pytest.warns(UserWarning, match="2 of 2 images differ in what is said of their resolution: .*0.5 is used"):
        assert {record.mpp for record in ccmct(root, mpp=0.5, mpp_from="typed").records()} == {0.5}


def test_links_and_unicode(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("Präparate (1)") / "link"
    os.symlink(root, link)
    assert len(ccmct(link).records()) == 3


def test_databases_that_differ_in_the_suffix_of_a_slide_are_refused(root: Path) -> None:
    database(root / "MITOS_WSI_CCMCT_ODAEL_train_dcm.sqlite", {1: f"{ONE}.dcm"}, [(1, 2, 600, 100)])
    assert f"slide {ONE}.dcm is in" in refusal(root)
    (root / "MITOS_WSI_CCMCT_ODAEL_train_dcm.sqlite").unlink()
    database(root / "MITOS_WSI_CCMCT_MEL.sqlite", {1: f"{ONE}.svs", 2: f"{ONE}.dcm"})
    assert "two slides of one name, but for the suffix" in refusal(root, labels="MEL")


@pytest.mark.parametrize("wrong", [{"mpp": 0}, {"mpp": "abc"}, {"mpp": float("nan")}, {"mpp": -0.25}])
def test_invalid_settings_are_refused(root: Path, wrong: dict[str, Any]) -> None:
    assert "type data.mpp= with µm per pixel from 0.05 to 2" in refusal(root, **wrong)
    assert "side_um=inf" in refusal(root, side_um=float("inf"))


def test_labels_may_count_from_the_scanned_part(root: Path, glass: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was scanned, 700 x 600 from (400, 50) on; the database gives that size."""
    monkeypatch.setattr(slide_frame, "slide_bounds", lambda path: (400, 50, 700, 600))
    spots = [(1, 2, 200, 50), (1, 7, 699, 599)]
    database(root / "MITOS_WSI_CCMCT_MEL.sqlite", {1: f"{ONE}.svs"}, spots, size=(600, 700))
    first, last = ccmct(root, labels="MEL").records()
    assert (first.field, first.size) == (f"{ONE}_000000_000000", (512, 512))
    assert first.centroids.tolist() == [[200, 50]]
    np.testing.assert_array_equal(first.read(), glass[50:562, 400:912])
    assert last.size == (88, 188)
    np.testing.assert_array_equal(last.read(), glass[562:650, 912:1100])
    tissue = ccmct(root, labels="MEL", regions="tissue").records()
    assert [record.field for record in tissue][:2] == [f"{ONE}_000000_000000", f"{ONE}_000512_000000"]
