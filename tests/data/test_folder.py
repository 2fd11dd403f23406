"""A user's own images with each kind of labels; every mistake is reported in one line."""

import json
import os
import pickle
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_images import HEIGHT, WIDTH, picture, records, refusal, save_mask

from mitosis.data.record import Circle


@pytest.mark.filterwarnings("ignore:.*taken as images")
def test_points(root: Path) -> None:
    with pytest.warns(UserWarning, match=r"1 of 3 images are not named in .*cells\.csv: taken as images without mito"):
        by_name = records(root, labels="cells.csv")
    assert {name: (len(item.figures), len(item.hard_negatives)) for name, item in by_name.items()} == {
        "a": (1, 1),
        "b": (1, 0),
        "c": (0, 0),
    }
    a = by_name["a"]
    assert (a.case, a.slide, a.mpp, a.size, a.scanner) == ("p1", "p1", 0.25, (HEIGHT, WIDTH), "own")
    np.testing.assert_allclose(a.centroids, [[30, 20]])
    np.testing.assert_allclose(a.hard_negatives, [[10, 5]])
    assert np.pi * 16**2 == pytest.approx(len(a.figures[0].pixels), rel=0.03)  # 4 µm are 16 pixels
    assert len(by_name["b"].figures[0].pixels) < np.pi * 16**2 / 3  # cut off by the corner
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(a.read))(), picture(root / "p1/a.png"))
    smaller = records(root, labels="cells.csv", radius_um=2, ring_um=5, mpp=0.5)["a"].figures[0]
    assert smaller.ring == Circle(30, 20, 10)
    assert by_name["a"].figures[0].ring is None
    assert len(smaller.pixels) == 45  # centres closer than 4 pixels


@pytest.mark.filterwarnings("ignore:.*taken as images")
def test_boxes_keep_their_centres(root: Path) -> None:
    (root / "boxes.csv").write_text("Image,X1,Y1,X2,Y2\na,-10,0,20,30\na,-40,0,20,30\n")
    lost = "1 annotation(s) lie outside their image and are left out: (-10, 15) in a"
    with pytest.warns(UserWarning, match=f"^{re.escape(lost)}$"):
        found = records(root, labels="boxes.csv", radius_um=1)
    np.testing.assert_allclose(found["a"].centroids, [[5, 15]])


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"mpp": 250}, "data.mpp=250; type data.mpp= with µm per pixel from 0.05 to 2"),
        ({"mpp": 0.049}, "data.mpp=0.049"),
        ({"mpp": "quarter"}, "data.mpp=quarter"),
        ({"mpp": float("nan")}, "data.mpp=nan"),
        ({"mpp": True}, "data.mpp=True"),
        ({"mpp_from": "tag"}, "data.mpp_from=tag: choose typed"),
        ({"classes": "mitosis"}, "data.classes=mitosis: give a table"),
        ({"format": "xml"}, "data.format=xml: choose one of auto, mask, pixels, geojson, labelme"),
        ({"radius_um": 0}, "data.radius_um=0: give micrometres above 0"),
        ({"radius_um": None}, "data.radius_um=None"),
        ({"ring_um": 4}, "data.ring_um=4: give more micrometres than data.radius_um=4, or null"),
        ({"labels": "no.csv"}, "data.labels=no.csv: no such file or folder"),
        ({"labels": None}, "data.labels is not set and nothing lies beside the images"),
        ({"labels": None, "format": "points"}, "data.labels=FILE is not set"),
        ({"labels": None, "format": "mask"}, "no image has a mask label file"),
        ({"labels": "empty"}, "no label file in it"),
        ({"labels": "empty", "format": "points"}, "no points in it (.csv)"),
        ({"labels": "p1/a.png"}, "p1/a.png is an image itself, not its mask"),
        ({"labels": "lost.csv"}, "lost.csv: 2 of 3 labelled images are not under"),
        ({"labels": "lost.csv"}, ": z.png, …"),
        ({"labels": "words.txt"}, "words.txt: not a label file of a known kind"),
        ({"labels": "strange.csv"}, "strange.csv: its first line, 'a,b,c', names neither image,x,y nor image,x1"),
        ({"labels": "cells.csv", "format": "boxes"}, "cells.csv: no column x1"),
    ],
)
def test_mistakes_are_reported_in_one_line(root: Path, wrong: dict[str, Any], expected: str) -> None:
    (root / "empty").mkdir()
    (root / "words.txt").write_text("x")
    (root / "strange.csv").write_text("a,b,c\n")
    (root / "lost.csv").write_text("image,x,y\na,1,1\nz.png,1,1\nb/y,1,1\n")
    assert expected in refusal(root, **{"labels": "cells.csv", **wrong})


def test_invalid_roots_are_refused(root: Path, tmp_path: Path) -> None:
    assert "data.root=DIR is not set: DIR is the folder that holds your images" in refusal(None)
    assert "no such folder" in refusal(tmp_path / "no")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", "")
    assert "a.zip is an archive: unpack it" in refusal(tmp_path / "a.zip")
    (tmp_path / "bare").mkdir()
    assert "bare: no image in it (.bmp, .png" in refusal(tmp_path / "bare")
    picture(root / "p2/a.tif")
    assert "two images are named a: " in refusal(root, labels="cells.csv")


@pytest.mark.filterwarnings("ignore:.*taken as images")
def test_names_paths_and_links_of_every_kind(root: Path, tmp_path: Path) -> None:
    picture(root / "p1" / "Ärzte µ, (1).PNG")
    (root / "p1" / "._a.png").write_bytes(b"what macOS leaves")
    (root / "cells.csv").write_bytes('\ufeffimage,x,y\n"Ärzte µ, (1).png",3,4\n.\\p1\\A.PNG,5,6\n'.encode())
    (tmp_path / "link").symlink_to(root)
    (root / "loop").symlink_to(root)
    (tmp_path / "elsewhere").mkdir()
    moved = (root / "cells.csv").rename(tmp_path / "elsewhere/cells.csv")
    for labels in (str(moved), "../elsewhere/cells.csv"):
        by_name = records(tmp_path / "link", labels=labels)
        assert {name for name, item in by_name.items() if item.figures} == {"Ärzte µ, (1)", "a"}


def test_spaces_around_a_files_name_do_not_matter(tmp_path: Path) -> None:
    picture(tmp_path / " a .png")
    (tmp_path / "cells.csv").write_text("image,x,y\n a .png,3,4\n")
    (record,) = records(tmp_path, labels="cells.csv").values()
    assert len(record.figures) == 1


def test_the_real_fields() -> None:
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/, is not set")
    by_name = records(Path(data) / "icpr2012", mpp=0.2456, case=r"(A\d\d)_")
    assert len(by_name) == 35
    assert len({item.case for item in by_name.values()}) == 5
    assert sum(len(item.figures) for item in by_name.values()) == 226


def test_classes_that_the_user_passes_over_are_counted(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    box = [[1, 1], [50, 1], [50, 30], [1, 30], [1, 1]]
    features = [
        {"geometry": {"type": "Polygon", "coordinates": [box]}, "properties": {"classification": {"name": "ROI"}}},
        {"geometry": {"type": "LineString", "coordinates": box}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": [9, 9]}, "properties": {"classification": {"name": "Mitosis"}}},
    ]
    (tmp_path / "a.geojson").write_text(json.dumps({"features": features}))
    assert "a.geojson, object 1: the class 'ROI' is not known; " in refusal(tmp_path)
    assert "a.geojson, object 2: it has no class; " in refusal(tmp_path, classes={"roi": "ignore"})
    with pytest.warns(UserWarning, match=r"2 annotation\(s\) are skipped: 1 of 'ROI', 1 of 'unclassified'"):
        by_name = records(tmp_path, classes={"roi": "ignore", "unclassified": "ignore"})
    assert len(by_name["a"].figures) == 1


def test_images_that_are_not_read_are_counted(root: Path) -> None:
    (root / "p1/d.webp").write_bytes(b"x")
    (root / "p1/e.png").symlink_to("e.png")
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert records(root, labels="cells.csv").keys() == {"a", "b", "c"}
    assert any("1 .webp skipped" in str(one.message) for one in caught)
    assert any("1 link(s) that lead nowhere are skipped" in str(one.message) for one in caught)


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_in_two_unicode_forms_are_one(tmp_path: Path, forms: tuple[Any, Any]) -> None:
    stored, typed = (unicodedata.normalize(form, "präparat") for form in forms)
    picture(tmp_path / f"{stored}.png")
    (tmp_path / "cells.csv").write_text(f"image,x,y\n{typed}.PNG,5,6\n", encoding="utf-8")
    (name, one), *none = records(tmp_path, labels="cells.csv").items()
    assert (name, len(one.figures), none) == (unicodedata.normalize("NFC", "präparat"), 1, [])
    save_mask(tmp_path / f"{typed}_mask.png", (2, 2, 255))
    assert len(records(tmp_path)[name].figures) == 1


def test_places_that_are_shares_of_the_image_are_refused(root: Path) -> None:
    (root / "cells.csv").write_text("image,x,y\na,0.31,0.4\nb,0.5,0.6\nc,1,0\n")
    assert "cells.csv: all 3 cells lie between 0 and 1, in the first pixel, one at (0.31, 0.4): shares" in refusal(
        root, labels="cells.csv"
    )


def test_cells_that_all_lie_outside_their_images_are_refused(root: Path) -> None:
    (root / "cells.csv").write_text("image,x,y\na,20,50\nb,10,59\nc,,\n")  # of 60 x 40 pixels: y,x
    assert "cells.csv: all 2 cells lie outside their images, such as (20, 50) in a; they are of other" in refusal(
        root, labels="cells.csv"
    )


def test_a_cell_counts_once_and_has_one_class(root: Path) -> None:
    place = "a,3,4\n"
    (root / "twice.csv").write_text(f"image,x,y\n{place}{place}a,3,5\n")
    with pytest.warns(UserWarning, match=r"twice\.csv: 1 cell\(s\) are listed twice at the same place, and count once"):
        read = records(root, labels="twice.csv")
    assert len(read["a"].figures) == 2
    (root / "both.csv").write_text("image,x,y,label\na,3,4,mitosis\na,3,4,non-mitosis\n")
    assert "both.csv: a: the cell at (3, 4) is a mitosis and a hard negative" in refusal(root, labels="both.csv")
