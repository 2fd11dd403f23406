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
from arguments import arguments
from PIL import Image
from refused import refused

from mitosis.data.folder import Folder
from mitosis.data.record import Circle, Record

HEIGHT, WIDTH = 40, 60
POINTS = "image,x,y,label\np1/a.png,30,20,mitosis\np1/a.png,10,5,non-mitosis\nb.png,59.4,0,mitosis\n"


def picture(path: Path, size: tuple[int, int] = (HEIGHT, WIDTH), **saved: Any) -> np.ndarray:
    """A pink picture with noise, different for each name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(list(path.stem.encode())).integers(0, 40, (*size, 3))
    image = (np.array([200, 140, 180]) + noise).astype(np.uint8)
    Image.fromarray(image).save(path, **saved)
    return image


def save_mask(
    path: Path, *blots: tuple[int, int, int], size: tuple[int, int] = (HEIGHT, WIDTH), dtype=np.uint8
) -> None:
    """A mask of 3 × 3 blots at left, top, each of a grey value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(size, dtype)
    for left, top, grey in blots:
        mask[top : top + 3, left : left + 3] = grey
    Image.fromarray(mask).save(path)


def folder(root: Path | str | None, **settings: Any) -> Folder:
    return Folder(root, **arguments(mpp=0.25) | settings)  # pyright: ignore


def records(root: Path, **settings: Any) -> dict[str, Record]:
    return {record.field: record for record in folder(root, **settings).records()}


def refusal(root: Path | str | None, **settings: Any) -> str:
    return refused(lambda: folder(root, **settings).records())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three images in two folders, and centres for two of them."""
    for name in ("p1/a.png", "p2/b.png", "p2/c.png"):
        picture(tmp_path / "my [images]" / name)
    (tmp_path / "my [images]" / "cells.csv").write_text(POINTS)
    return tmp_path / "my [images]"


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


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_masks_next_to_their_images_and_in_a_separate_folder(root: Path) -> None:
    save_mask(root / "p1/a_mask.png", (2, 2, 255), (5, 5, 1), (20, 20, 7))  # the first two touch at a corner
    save_mask(root / "p2/b_mask.tif", (2, 2, 1), dtype=np.uint16)
    with pytest.warns(UserWarning, match="1 of 3 images have no mask file: unlabelled, left out"):
        by_name = records(root)
    np.testing.assert_allclose(by_name["a"].centroids, [[4.5, 4.5], [21, 21]])
    assert by_name.keys() == {"a", "b"}
    assert by_name["a"].mask().sum() == 27
    assert len(by_name["b"].figures) == 1

    (root / "masks").mkdir()
    for name in ("p1/a_mask.png", "p2/b_mask.tif"):
        (root / name).rename(root / "masks" / name[3:].replace("_mask", ""))
    save_mask(root / "masks/c.bmp")
    with pytest.warns(UserWarning, match="1 of 3 images have masks of several values"):
        by_name = records(root, labels="masks")
    assert {name: len(item.figures) for name, item in by_name.items()} == {"a": 2, "b": 1, "c": 0}
    with pytest.warns(UserWarning, match="several values"):
        assert records(root, labels=str(root / "masks"), format="mask").keys() == by_name.keys()


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
@pytest.mark.parametrize("kind", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_every_pixel_that_is_not_black_is_a_mitosis(tmp_path: Path, kind: str) -> None:
    picture(tmp_path / "a.png")
    grey = np.zeros((HEIGHT, WIDTH), np.uint8)
    grey[10:13, 20:23] = 255
    Image.fromarray(grey).convert(kind).save(tmp_path / "a_mask.png")
    np.testing.assert_allclose(records(tmp_path)["a"].centroids, [[21, 11]])


def test_invalid_masks_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    save_mask(tmp_path / "a_mask.png", size=(HEIGHT, WIDTH + 1))
    assert "a_mask.png: the mask and a.png are 61 x 40 and 60 x 40 pixels" in refusal(tmp_path)
    (tmp_path / "a_mask.png").unlink()
    save_mask(tmp_path / "a_mask.jpg")
    assert "save masks as .png" in refusal(tmp_path)
    save_mask(tmp_path / "a_mask.png")
    assert "two label files of one image" in refusal(tmp_path)


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_pixel_lists(root: Path) -> None:
    (root / "p1/a.csv").write_text("1,2,2,2\n10,10\n-1,3,0,3,1,3\n")
    (root / "p2/b.csv").write_text("")
    (root / "notes.csv").write_text("nothing of an image's name")
    with pytest.warns(UserWarning, match="1 of 3 images have no pixels file"):
        by_name = records(root)
    np.testing.assert_allclose(by_name["a"].centroids, [[1.5, 2], [10, 10], [0.5, 3]])  # pixels outside are cut off
    with pytest.warns(UserWarning, match="1 of 3 images have no pixels file"):
        assert records(root, labels=".").keys() == by_name.keys()
    assert records(root / "p1", labels="../p1", format="pixels").keys() == {"a"}
    assert len(by_name["b"].figures) == 0
    assert "c" not in by_name


@pytest.mark.filterwarnings("ignore:.*taken as images")
def test_boxes_keep_their_centres(root: Path) -> None:
    (root / "boxes.csv").write_text("Image,X1,Y1,X2,Y2\na,-10,0,20,30\na,-40,0,20,30\n")
    lost = "1 annotation(s) lie outside their image and are left out: (-10, 15) in a"
    with pytest.warns(UserWarning, match=f"^{re.escape(lost)}$"):
        found = records(root, labels="boxes.csv", radius_um=1)
    np.testing.assert_allclose(found["a"].centroids, [[5, 15]])


@pytest.mark.filterwarnings("ignore:.*taken as images")
@pytest.mark.parametrize(
    ("rule", "cases"),
    [
        ("folder", ["p1", "p2", "p2"]),
        ("name", ["a", "b", "c"]),
        (r"p(\d)", ["1", "2", "2"]),
        (r"/([ab]|c)\.", ["a", "b", "c"]),
    ],
)
def test_cases(root: Path, rule: str, cases: list[str]) -> None:
    assert [item.case for item in records(root, labels="cells.csv", case=rule).values()] == cases


def test_cases_from_a_column(root: Path) -> None:
    (root / "cells.csv").write_text("Case,image,X,y\n7,a,1,1\n7,a,2,2\n7,b,,\nx y,c.png,3,3\n")
    by_name = records(root, labels="cells.csv", case="column")
    assert [(item.case, len(item.figures)) for item in by_name.values()] == [("7", 2), ("7", 0), ("x y", 1)]
    (root / "cells.csv").write_text("Case,image,X,y\n7,a,1,1\n8,a,2,2\n")
    assert "cells.csv, row 3: a has the case '8', '7' before" in refusal(root, labels="cells.csv", case="column")


@pytest.mark.filterwarnings("ignore:.*taken as images")
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("p\\d", "with one group in ( )"),
        ("(", "no regular expression"),
        (r"(\d\d)", "finds no case in p1/a.png"),
        ("column", "no column case"),
    ],
)
def test_rules_that_find_no_case_are_refused(root: Path, rule: str, expected: str) -> None:
    assert expected in refusal(root, labels="cells.csv", case=rule)


@pytest.mark.filterwarnings("ignore:.*(taken as images|lie outside)")
def test_resolutions_from_a_column(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png")
    table = tmp_path / "cells.csv"
    table.write_text("image,x,y,mpp\na.png,5,6,0.25\na.png,8,9,0.25\nb.png,5,6,.5\n")
    by_name = records(tmp_path, labels="cells.csv", mpp="column")
    assert (by_name["a"].mpp, by_name["b"].mpp) == (0.25, 0.5)
    assert len(by_name["a"].figures[0].pixels) > 2 * len(by_name["b"].figures[0].pixels)
    for rows, expected in (
        ("a.png,5,6,0.25\nb.png,5,6,\n", "cells.csv, row 3: b.png has the mpp ''; give it one"),
        ("a.png,5,6,0.25\n", "the labels have mpp=None for b.png"),
        ("a.png,5,6,0.25\nb.png,5,6,40x\n", "the labels have mpp='40x' for b.png"),
        ("a.png,5,6,0.25\nb.png,5,6,250\n", "the labels have mpp='250' for b.png"),
    ):
        table.write_text("image,x,y,mpp\n" + rows)
        assert expected in refusal(tmp_path, labels="cells.csv", mpp="column")


def test_only_a_csv_of_cells_has_columns(root: Path) -> None:
    (root / "p1/a.csv").write_text("1,2\n")
    assert "only a csv of points or boxes has columns" in refusal(root, case="column")


def test_resolutions_from_tiff_tags(tmp_path: Path) -> None:
    for number, (name, saved) in enumerate(
        {
            "inch": {"dpi": (101600, 101600)},
            "cm": {"resolution_unit": 3, "x_resolution": 50000, "y_resolution": 50000},
        }.items(),
        start=1,
    ):
        picture(tmp_path / f"{name}.tif", **saved)
        (tmp_path / "cells.csv").write_text("image,x,y\n" + "".join(f"{n},5,5\n" for n in ("inch", "cm")[:number]))
    by_name = records(tmp_path, labels="cells.csv", mpp=None)
    assert {name: item.mpp for name, item in by_name.items()} == pytest.approx({"inch": 0.25, "cm": 0.2})
    with pytest.warns(
        UserWarning, match=r"^2 of 2 images differ in .*cm\.tif: 0\.3 typed and 0\.2 by its tag.*inch\.tif: "
    ):
        assert {item.mpp for item in records(tmp_path, labels="cells.csv", mpp=0.3).values()} == {0.3}
    with pytest.warns(UserWarning, match="0.25 is used"):
        by_name = records(tmp_path, labels="cells.csv", mpp=0.3, mpp_from="file")
    assert {name: item.mpp for name, item in by_name.items()} == pytest.approx({"inch": 0.25, "cm": 0.2})
    assert "cm.tif: 0.5 typed and 0.2 by its tag µm per pixel contradict" in refusal(
        tmp_path, labels="cells.csv", mpp=0.5
    )
    picture(tmp_path / "inch.tif", dpi=(72, 72))
    assert "inch.tif has 352.8 µm per pixel; type data.mpp=" in refusal(tmp_path, labels="cells.csv", mpp=None)
    picture(tmp_path / "inch.tif")
    assert "inch.tif does not give its resolution; type data.mpp=" in refusal(tmp_path, labels="cells.csv", mpp=None)
    (tmp_path / "inch.tif").unlink()
    picture(tmp_path / "inch.png", dpi=(101600, 101600))
    with pytest.warns(UserWarning, match=r"inch\.png: 0\.3 typed and 0\.25 by its header"):
        records(tmp_path, labels="cells.csv", mpp=0.3)
    picture(tmp_path / "inch.png", dpi=(300, 300))
    assert "inch.png does not give its resolution" in refusal(tmp_path, labels="cells.csv", mpp=None)


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


def test_folds_are_made_by_case_or_read_from_a_csv(tmp_path: Path) -> None:
    names = [f"p{case}/f{case}{number}" for case in range(6) for number in range(2)]
    for name in names:
        picture(tmp_path / f"{name}.png", (8, 8))
    (tmp_path / "cells.csv").write_text("image,x,y\n" + "".join(f"{name},4,4\n" for name in names))
    parts = folder(tmp_path, labels="cells.csv", fold=1).parts
    assert [item.field for item in parts.test] == ["f10", "f11"]
    assert [item.case for item in parts.val] == ["p2", "p2"]
    assert len(parts.train) == 8
    own = {"train": "f00", "val": "f10", "test": "f20"}
    (tmp_path / "f.csv").write_text("fold,part,field\n" + "".join(f"0,{part},{name}\n" for part, name in own.items()))
    with pytest.warns(UserWarning, match="are in no fold list"):
        parts = folder(tmp_path, labels="cells.csv", folds=str(tmp_path / "f.csv")).parts
    assert [item.field for item in parts.train + parts.val + parts.test] == ["f00", "f10", "f20"]


def test_the_real_fields() -> None:
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/, is not set")
    by_name = records(Path(data) / "icpr2012", mpp=0.2456, case=r"(A\d\d)_")
    assert len(by_name) == 35
    assert len({item.case for item in by_name.values()}) == 5
    assert sum(len(item.figures) for item in by_name.values()) == 226


@pytest.mark.parametrize("format", ["coco", "midog"])
@pytest.mark.parametrize(
    ("size", "said"), [((120, 80), "120 x 80 "), ((40, 60), "40 x 60 .*; width and height are exchanged")]
)
def test_labels_of_an_image_of_another_size_are_refused(
    tmp_path: Path, format: str, size: tuple[int, int], said: str
) -> None:
    picture(tmp_path / "a.png")
    images = [{"id": 1, "file_name": "a.png", "width": size[0], "height": size[1]}]
    cells = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 3, 14, 15]}]
    document = {"images": images, "annotations": cells}
    (tmp_path / "cells.json").write_text(json.dumps(document))
    message = refusal(tmp_path, labels="cells.json", format=format)
    assert re.search(rf"a\.png: 60 x 40 pixels, and its labels are of an image of {said}", message)
    images[0] |= {"width": 60.0, "height": 40}
    (tmp_path / "cells.json").write_text(json.dumps(document))
    assert records(tmp_path, labels="cells.json", format=format)["a"].size == (40, 60)


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


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_what_systems_leave_is_no_image_case_or_label(tmp_path: Path) -> None:
    picture(tmp_path / "in/a.png")
    for left in (".ipynb_checkpoints/a-checkpoint.png", "__MACOSX/b.png", "@eaDir/c.png", ".thumbnails/d.png"):
        picture(tmp_path / "in" / left)
    labels = tmp_path / "in/labels"
    labels.mkdir()
    for name in ("a.csv", ".ipynb_checkpoints/a.csv", "__MACOSX/b.csv"):
        (labels / name).parent.mkdir(exist_ok=True)
        (labels / name).write_text("5,5,6,5\n")
    (labels / "._a.csv").write_bytes(b"\0\5\x16\7")
    assert {name: len(item.figures) for name, item in records(tmp_path / "in", labels="labels").items()} == {"a": 1}


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


def test_masks_that_are_not_what_they_seem(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    disc = np.zeros((HEIGHT, WIDTH), np.uint8)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc[np.hypot(x - 30, y - 20) < 8] = 255
    framed = disc.copy()
    framed[[0, -1]] = framed[:, [0, -1]] = 255
    for mask, said in (
        (255 - disc, "a: 92% of it is labelled as mitosis"),
        (framed, "a: one mitosis reaches all four"),
    ):
        Image.fromarray(mask).save(tmp_path / "a_mask.png")
        assert said in refusal(tmp_path)
    Image.fromarray(disc).save(tmp_path / "a.jpg", quality=50)
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a_mask.png")
    (tmp_path / "a.jpg").unlink()
    with pytest.warns(
        UserWarning, match=r"1 of 1 images have masks of many grey values, as from a JPEG.*a_mask\.png \("
    ):
        records(tmp_path)
    Image.fromarray(disc).save(tmp_path / "a_mask.png")
    assert len(records(tmp_path)["a"].figures) == 1
    disc[:8, :8] = 2
    Image.fromarray(disc).save(tmp_path / "a_mask.png")
    with pytest.warns(
        UserWarning, match=r"1 of 1 images have masks of several values, as of classes.*a_mask\.png \(2 v"
    ):
        assert len(records(tmp_path)["a"].figures) == 2


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


def test_a_csvs_own_resolution_and_sizes_are_compared(root: Path) -> None:
    (root / "cells.csv").write_text("image,x,y,mpp\na,30,20,0.5\nb,30,20,0.5\nc,30,20,0.5\n")
    assert "0.25 typed and 0.5 by its labels µm per pixel contradict" in refusal(root, labels="cells.csv")
    assert {one.mpp for one in records(root, labels="cells.csv", mpp=None).values()} == {0.5}
    (root / "cells.csv").write_text("image,x1,y1,x2,y2,width,height\na,20,10,30,20,120,80\nb,,,,,60,40\nc,,,,,60,40\n")
    assert "60 x 40 pixels, and its labels are of an image of 120 x 80" in refusal(root, labels="cells.csv")


@pytest.mark.parametrize("rule", ["column", "folder", r"^(.*)/"])
def test_a_patient_in_two_unicode_forms_is_one(tmp_path: Path, rule: str) -> None:
    forms = [unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD")]
    for name, form in zip("ab", forms, strict=True):
        picture(tmp_path / form / f"{name}.png")
    rows = "".join(f"{name},30,20,{form}\n" for name, form in zip("ab", forms, strict=True))
    (tmp_path / "cells.csv").write_text(f"image,x,y,case\n{rows}", encoding="utf-8")
    assert {one.case for one in records(tmp_path, labels="cells.csv", case=rule).values()} == {forms[0]}


def test_one_folder_of_images_is_one_patient_with_a_word(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "flat" / f"{name}.png")
    (tmp_path / "flat/cells.csv").write_text("image,x,y\na,5,5\nb,6,6\n")
    with pytest.warns(UserWarning, match=r"all 2 images lie in one folder and count as one patient; type data"):
        assert {item.case for item in records(tmp_path / "flat", labels="cells.csv").values()} == {"flat"}


def saved(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


VOC = (
    "<annotation><size><width>{0}</width><height>{1}</height></size><object><name>mitosis</name><bndbox><xmin>11</xmin>"
    "<ymin>11</ymin><xmax>31</xmax><ymax>31</ymax></bndbox></object></annotation>"
)
LABELME = (
    '{{"shapes": [{{"label": "mitosis", "points": [[10, 10], [31, 31]], "shape_type": "rectangle"}}],'
    ' "imageWidth": {0}, "imageHeight": {1}}}'
)
CVAT = (
    '<annotations><image name="a.png" width="{0}" height="{1}"><box label="mitosis" xtl="10" ytl="10" xbr="31"'
    ' ybr="31"/></image></annotations>'
)


@pytest.mark.parametrize(("suffix", "text"), [(".xml", VOC), (".json", LABELME)])
@pytest.mark.parametrize("labels", [None, "labels"])
def test_files_of_programs_beside_their_images_and_apart(
    tmp_path: Path, suffix: str, text: str, labels: str | None
) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / (labels or "") / f"a{suffix}", text.format(WIDTH, HEIGHT))
    (figure,) = records(tmp_path, labels=labels)["a"].figures
    np.testing.assert_allclose(figure.centroid, [20, 20])  # the middle of pixels 10 … 30
    saved(tmp_path / (labels or "") / f"a{suffix}", text.format(HEIGHT, WIDTH))
    assert "width and height are exchanged" in refusal(tmp_path, labels=labels)


def test_a_table_of_a_program_gives_its_images_their_sizes(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / "all.xml", CVAT.format(WIDTH, HEIGHT))
    assert len(records(tmp_path, labels="all.xml")["a"].figures) == 1
    saved(tmp_path / "all.xml", CVAT.format(2 * WIDTH, 2 * HEIGHT))
    assert f"of an image of {2 * WIDTH} x {2 * HEIGHT}" in refusal(tmp_path, labels="all.xml")


@pytest.mark.parametrize("labels", [None, "labels"])
def test_rows_of_yolo_are_shares_of_the_image(tmp_path: Path, labels: str | None) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    saved(tmp_path / (labels or "") / "classes.txt", "mitosis\n")
    saved(tmp_path / (labels or "") / "a.txt", "0 0.5 0.25 0.2 0.3\n")
    saved(tmp_path / (labels or "") / "b.txt", "")
    by_name = records(tmp_path, labels=labels)
    np.testing.assert_allclose(by_name["a"].figures[0].centroid, [WIDTH / 2 - 0.5, HEIGHT / 4 - 0.5])
    assert by_name["b"].figures == ()


def test_a_note_beside_an_image_is_no_label_file(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    saved(tmp_path / "a.txt", "stained on Monday\n")
    assert "nothing lies beside the images" in refusal(tmp_path)


def test_the_resolution_in_a_label_file_is_compared(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    region = '<Region Id="1" Text="mitosis"><Vertices><Vertex X="20" Y="20"/></Vertices></Region>'
    layer = f'<Annotation Id="1"><Regions>{region}</Regions></Annotation>'
    saved(tmp_path / "a.xml", f'<Annotations MicronsPerPixel="0.5">{layer}</Annotations>')
    assert "0.25 typed and 0.5 by its labels µm per pixel contradict each other" in refusal(tmp_path)
    assert records(tmp_path, mpp_from="file")["a"].mpp == 0.5
    assert records(tmp_path, mpp=None)["a"].mpp == 0.5


def test_a_cell_counts_once_and_has_one_class(root: Path) -> None:
    place = "a,3,4\n"
    (root / "twice.csv").write_text(f"image,x,y\n{place}{place}a,3,5\n")
    with pytest.warns(UserWarning, match=r"twice\.csv: 1 cell\(s\) are listed twice at the same place, and count once"):
        read = records(root, labels="twice.csv")
    assert len(read["a"].figures) == 2
    (root / "both.csv").write_text("image,x,y,label\na,3,4,mitosis\na,3,4,non-mitosis\n")
    assert "both.csv: a: the cell at (3, 4) is a mitosis and a hard negative" in refusal(root, labels="both.csv")
