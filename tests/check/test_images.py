"""Each broken image and each pair of images that look alike is found, and none in a correct dataset."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from checked import SIDE, bad, record
from PIL import Image

from mitosis.check.images import check_images
from mitosis.data.drawing.field import draw_field
from mitosis.data.record import Record
from mitosis.image.file import read_image


@pytest.fixture
def files(tmp_path: Path) -> list[Record]:
    """Four drawn fields of four cases, saved as files."""
    records = []
    for index in range(4):
        path = tmp_path / f"{index}.png"
        Image.fromarray(draw_field(seed=0, case=index, index=0, size=SIDE).image).save(path)
        records.append(record(str(index), str(index), read=partial(read_image, path)))
    return records


def test_correct_images_give_no_finding(files: list[Record]) -> None:
    findings, unusable = check_images(files, workers=2)
    assert bad(findings) == {}
    assert unusable == set()
    assert len(findings) == 4


def test_all_broken_images_are_found(files: list[Record], tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"")
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:500])
    files[2] = replace(files[2], size=(SIDE, SIDE + 1))
    wrong = [record("4", read=lambda: 1 / 0), record("5", read=partial(np.zeros, (SIDE, SIDE, 3), np.float32))]
    findings, unusable = check_images([*files, *wrong], workers=2)
    result = bad(findings)
    assert unusable == {"0", "1", "2", "4", "5"}
    assert result.keys() == {"empty files", "images that", "images of"}
    assert {finding.verdict for finding in result.values()} == {"error"}
    assert (result["empty files"].count, result["empty files"].first) == (1, f"{tmp_path / '0.png'}: 0 bytes")
    assert result["images that"].count == 3
    assert result["images that"].first.startswith("0: ")
    assert result["images of"].count == 2
    assert "(96, 97, 3)" in result["images of"].first
    files[3] = replace(files[3], read_mask=partial(read_image, tmp_path / "0.png"))
    assert bad(check_images(files[3:], workers=2)[0])["empty files"].count == 1


def test_the_same_image_in_two_cases_is_found(files: list[Record], tmp_path: Path) -> None:
    Image.open(tmp_path / "1.png").save(tmp_path / "3.jpg", quality=80)
    files[3] = replace(files[3], read=partial(read_image, tmp_path / "3.jpg"))
    (alike,) = bad(check_images(files, workers=2)[0]).values()
    assert alike.check == "images of two cases that look alike"
    assert (alike.verdict, alike.count, alike.first) == ("warning", 1, "1 of case 1 and 3 of case 3")
    files[3] = replace(files[3], case="1")
    assert bad(check_images(files, workers=2)[0]) == {}
