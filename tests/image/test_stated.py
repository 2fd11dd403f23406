"""What TIFFs say of their resolution, and what is used where it does not agree."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitosis.errors import InputError
from mitosis.image.agreement import agreed_mpp, check_mpp_from
from mitosis.image.stated import Stated, stated_mpp

PATH = Path("a.tif")


def saved(path: Path, x: float = 0.25, y: float = 0.25, unit: Any = "CENTIMETER", **more: Any) -> Path:
    pixels = np.zeros((4, 5, 3), np.uint8)
    per_unit = {"CENTIMETER": 10_000, "INCH": 25_400, "NONE": 1}[unit]
    tifffile.imwrite(path, pixels, resolution=(per_unit / x, per_unit / y), resolutionunit=unit, **more)
    return path


@pytest.mark.parametrize("unit", ["CENTIMETER", "INCH"])
def test_tags(tmp_path: Path, unit: str) -> None:
    (one,) = stated_mpp(saved(tmp_path / "a.tif", 0.25, 0.5, unit))
    assert one.source == "its tag"
    assert (one.x, one.y, one.mpp) == pytest.approx((0.25, 0.5, 0.375), rel=1e-4)


def test_files_that_say_nothing(tmp_path: Path) -> None:
    assert stated_mpp(saved(tmp_path / "a.tif", 4, 4, "NONE")) == []
    Image.new("L", (2, 1)).save(tmp_path / "b.tif")
    Image.new("L", (2, 1)).save(tmp_path / "c.png", dpi=(96, 96))
    assert stated_mpp(tmp_path / "b.tif") == stated_mpp(tmp_path / "c.png") == []


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg"])
def test_other_formats_give_it_in_their_header(tmp_path: Path, suffix: str) -> None:
    Image.new("L", (2, 1)).save(tmp_path / f"a.{suffix}", dpi=(50_800, 25_400))
    (one,) = stated_mpp(tmp_path / f"a.{suffix}")
    assert (one.source, one.x, one.y) == ("its header", pytest.approx(0.5), pytest.approx(1))


def test_descriptions_go_before_tags(tmp_path: Path) -> None:
    sizes = {"axes": "YXS", "PhysicalSizeX": 500, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.5}
    ome = stated_mpp(saved(tmp_path / "a.ome.tif", ome=True, metadata=sizes))
    assert [(one.source, round(one.x, 4), round(one.y, 4)) for one in ome] == [
        ("OME", 0.5, 0.5),
        ("its tag", 0.25, 0.25),
    ]
    imagej = "ImageJ=1.54\nunit=micron\n"
    (one,) = stated_mpp(saved(tmp_path / "b.tif", unit="NONE", description=imagej, metadata=None))
    assert (one.source, one.x) == ("ImageJ's description", pytest.approx(0.25))
    aperio = "Aperio Image\n4x5|AppMag = 40|MPP = 0.2520"
    one, _ = stated_mpp(saved(tmp_path / "c.tif", description=aperio, metadata=None))
    assert (one.source, one.x, one.y) == ("Aperio's description", 0.252, 0.252)


@pytest.mark.parametrize(
    "description",
    [
        '<OME><Pixels PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" PhysicalSizeY="0.5" PhysicalSizeYUnit="µm"/></OME>',
        "<OME><Pixels PhysicalSizeX='500' PhysicalSizeXUnit='nm' PhysicalSizeY='500' PhysicalSizeYUnit='nm'/></OME>",
        '<OME><Pixels PhysicalSizeX="0.5"/></OME>',
        "Aperio Image\n4x5|AppMag = 20|mpp = 0,5",
    ],
    ids=["as UTF-8", "in single quotes", "of one axis", "with a comma"],
)
def test_descriptions_as_programs_write_them(tmp_path: Path, description: str) -> None:
    path = saved(tmp_path / "a.tif", description=description.encode(), metadata=None)
    assert [(one.x, one.y) for one in stated_mpp(path)] == [(0.5, 0.5), (0.25, 0.25)]
    with pytest.raises(InputError, match="0.25 typed and 0.5 by .* contradict each other"):
        agreed_mpp(PATH, 0.25, stated_mpp(path), None, "mpp")


def test_the_resolution_of_a_screen_says_nothing_beside_another(tmp_path: Path) -> None:
    screen = 25_400 / 72
    (one,) = stated_mpp(saved(tmp_path / "a.tif", screen, screen, "INCH"))
    assert one.mpp == pytest.approx(352.8, abs=0.1)
    assert agreed_mpp(PATH, 0.25, [one], None, "mpp") == (0.25, "")
    sizes = {"axes": "YXS", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    (one,) = stated_mpp(saved(tmp_path / "b.ome.tif", screen, screen, "INCH", ome=True, metadata=sizes))
    assert one.source == "OME"


def tag(x: float, y: float | None = None) -> Stated:
    return Stated("its tag", x, x if y is None else y)


@pytest.mark.parametrize(
    ("typed", "stated", "expected"),
    [
        (None, [], None),
        (0.25, [], 0.25),
        (None, [tag(0.25)], 0.25),
        (0.25, [tag(0.254)], 0.25),
        (None, [tag(0.25, 0.254)], 0.252),
        (None, [Stated("OME", 0.25, 0.25), tag(0.254)], 0.25),
    ],
)
def test_resolutions_within_two_percent_agree(
    typed: float | None, stated: list[Stated], expected: float | None
) -> None:
    assert agreed_mpp(PATH, typed, stated, None, "mpp") == (pytest.approx(expected), "")


@pytest.mark.parametrize(
    ("typed", "stated", "mpp_from", "used", "line"),
    [
        (0.25, [tag(0.3)], None, 0.25, "0.25 typed and 0.3 by its tag"),
        (0.25, [tag(0.3)], "file", 0.3, "0.25 typed and 0.3 by its tag"),
        (0.25, [tag(0.5)], "typed", 0.25, "0.25 typed and 0.5 by its tag"),
        (0.25, [tag(0.5)], "file", 0.5, "0.25 typed and 0.5 by its tag"),
        (None, [tag(0.25, 0.3)], None, 0.275, "0.25 by its tag along x and 0.3 by its tag along y"),
        (None, [Stated("OME", 0.3, 0.3), tag(0.25)], None, 0.3, "0.3 by OME and 0.25 by its tag"),
        (0.25, [tag(0.25, 0.5)], "typed", 0.25, "0.25 typed and 0.25 by its tag along x and 0.5 by its tag along y"),
    ],
)
def test_differences_are_told_with_what_is_used(
    typed: float | None, stated: list[Stated], mpp_from: str | None, used: float, line: str
) -> None:
    said = f"a.tif: {line} µm per pixel; {used:.4g} is used"
    assert agreed_mpp(PATH, typed, stated, mpp_from, "mpp") == (pytest.approx(used), said)


@pytest.mark.parametrize(
    ("typed", "stated", "mpp_from", "remedy"),
    [
        (0.5, [tag(0.25)], None, "0.5 typed and 0.25 by its tag .* contradict .* type mpp_from=typed or mpp_from=file"),
        (None, [Stated("OME", 0.5, 0.5), tag(0.25)], None, "contradict each other; type mpp= .* and mpp_from=typed"),
        (None, [tag(0.25, 0.5)], None, "along x and .* along y .* contradict"),
        (0.3, [tag(0.25, 0.5)], "file", "contradict each other; type mpp_from=typed$"),
        (None, [tag(0.25)], "typed", "^mpp_from=typed: no resolution was typed"),
        (0.25, [], "file", "^mpp_from=file: a.tif does not give its resolution"),
    ],
)
def test_contradictions_are_refused(
    typed: float | None, stated: list[Stated], mpp_from: str | None, remedy: str
) -> None:
    with pytest.raises(InputError, match=remedy):
        agreed_mpp(PATH, typed, stated, mpp_from, "mpp")


def test_other_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"^data\.mpp_from=tag: choose typed .* or file"):
        check_mpp_from("tag", "data.mpp_from")
