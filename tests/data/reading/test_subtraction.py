"""Masks from painted copies: by hand, on a miniature of the contest's folders, and on the real fields."""

import os
from pathlib import Path

import numpy as np
import pytest
from arguments import arguments
from PIL import Image

from mitosis.data.icpr2012 import ICPR2012, read_figures, read_records
from mitosis.data.reading.subtraction import subtraction_mask
from mitosis.errors import InputError
from mitosis.image.file import read_image

REAL = os.environ.get("MITOSIS_REAL_DATA")
ARGUMENTS = arguments()


def test_a_subtraction_mask_by_hand() -> None:
    image = np.full((2, 3, 3), 100, np.uint8)
    painted = image.copy()
    painted[0, 0] = (100, 100, 80)  # 20 in one channel: not more than 20
    painted[0, 1] = (100, 121, 100)
    painted[1, 2] = (0, 100, 100)  # darker counts as well, and does not wrap around
    assert subtraction_mask(image, painted, 20).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert subtraction_mask(image, painted, 19).tolist() == [[1, 1, 0], [0, 0, 1]]
    assert subtraction_mask(image, painted, 20).dtype == np.uint8
    with pytest.raises(ValueError, match="painted copy"):
        subtraction_mask(image, painted[:1], 20)


def contest(root: Path, painted: tuple[int, int] = (40, 30)) -> Path:
    """One field of 40 × 30 pixels with a mitosis of 8 × 6, and its painted copy."""
    folder = root / "A00_v2"
    folder.mkdir(parents=True)
    image = np.full((30, 40, 3), (200, 140, 180), np.uint8)
    Image.fromarray(image).save(folder / "A00_01.bmp")
    (folder / "A00_01.csv").write_text(",".join(f"{x},{y}" for y in range(10, 16) for x in range(20, 28)) + "\n")
    image[10:16, 20:28] = (255, 255, 0)
    Image.fromarray(image).resize(painted).save(folder / "A00_01.jpg", quality=95)
    return root


def test_the_mask_comes_from_the_paint_and_the_mitoses_from_the_csv(tmp_path: Path) -> None:
    (record,) = read_records(contest(tmp_path), "A", subtract=100)
    (plain,) = read_records(tmp_path, "A")
    one, other = record.mask(), plain.mask()
    assert one.shape == other.shape
    assert (one & other).sum() / (one | other).sum() > 0.7
    np.testing.assert_array_equal(record.centroids, plain.centroids)
    data = ICPR2012(root=str(tmp_path), masks="subtraction", grey_threshold=100, **ARGUMENTS)
    np.testing.assert_array_equal(data.records()[0].mask(), one)
    assert ICPR2012(root=str(tmp_path), **ARGUMENTS).records()[0].read_mask is None


def test_missing_or_mismatched_painted_copies_are_refused(tmp_path: Path) -> None:
    (record,) = read_records(contest(tmp_path / "a", painted=(20, 15)), "A", subtract=100)
    with pytest.raises(InputError, match=r"A00_01.jpg is no painted copy of A00_01.bmp"):
        record.mask()
    (contest(tmp_path / "b") / "A00_v2" / "A00_01.jpg").unlink()
    with pytest.raises(InputError, match=r"A00_01.bmp: data.masks=subtraction needs both"):
        read_records(tmp_path / "b", "A", subtract=100)
    with pytest.raises(InputError, match="data.masks=paint: choose one of csv, subtraction"):
        ICPR2012(masks="paint", **ARGUMENTS)
    with pytest.raises(InputError, match="data.grey_threshold=255"):
        ICPR2012(masks="subtraction", grey_threshold=255, **ARGUMENTS)


@pytest.mark.skipif(not REAL, reason="MITOSIS_REAL_DATA is not set")
def test_a_low_threshold_mistakes_jpeg_ringing_for_mitoses(tmp_path: Path) -> None:
    path = Path(REAL or "") / "icpr2012" / "A03_02.jpg"
    image = read_image(path)
    figures = np.concatenate([figure.pixels for figure in read_figures(path.with_suffix(".csv"), image.shape[:2])])
    true = np.zeros(image.shape[:2], bool)
    true[figures[:, 1], figures[:, 0]] = True
    painted = image.copy()
    painted[true] = (255, 255, 0)
    Image.fromarray(painted).save(tmp_path / "painted.jpg", quality=75)
    masks = {grey: subtraction_mask(image, read_image(tmp_path / "painted.jpg"), grey) > 0 for grey in (20, 120)}
    overlap = {grey: (mask & true).sum() / (mask | true).sum() for grey, mask in masks.items()}
    assert overlap[20] < 0.6 < 0.9 < overlap[120]
