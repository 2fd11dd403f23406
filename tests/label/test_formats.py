"""Label files of each format: hand-made examples, round trips, and errors in one line for broken files."""

import json
import os
import sqlite3
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mitosis.errors import InputError
from mitosis.label import boxes, coco, geojson, midog, pixels, points, sliderunner
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.formats import read_all, sniff
from mitosis.label.kind import ClassNames

REAL = os.environ.get("MITOSIS_REAL_DATA")
SQUARE = [[1, 1], [5, 1], [5, 3], [1, 3], [1, 1]]


def short(labels: Labels) -> list[tuple[str, bool, float, float]]:
    return [(cell.image, cell.mitotic, cell.x, cell.y) for cell in labels.annotations]


def saved(path: Path, content: Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def document(annotations: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    images = [{"id": 7, "file_name": "a.tif", "height": 40, "width": 60}, {"id": "b", "file_name": "b.tif"}]
    categories = [{"id": 1, "name": "mitotic figure"}, {"id": 2, "name": "not mitotic figure"}]
    return {"images": images, "categories": categories, "annotations": annotations} | changes


def entry(box: Any, category: Any = 1, image: Any = 7, **more: Any) -> dict[str, Any]:
    return {"id": 3, "image_id": image, "category_id": category, "bbox": box} | more


def feature(kind: str, places: Any, name: Any = "Mitosis") -> dict[str, Any]:
    properties = {"objectType": "annotation"} | ({"classification": name} if name else {})
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": places}, "properties": properties}


def test_points(tmp_path: Path) -> None:
    text = '\ufeffY, x ,Image,CLASS,by,,\r\n2,1.5 ,"a, 1.png",mitosis,me\r\n\r\n-3,1e2,b,NMF,\r\n,,c,,\r\n,,,\r\n'
    result = points.read(saved(tmp_path / "p.csv", text))
    assert short(result) == [("a, 1.png", True, 1.5, 2), ("b", False, 100, -3)]
    assert result.sizes == {"a, 1.png": None, "b": None, "c": None}
    assert result.empty == ["c"]
    points.write(result, tmp_path / "q.csv")
    assert (tmp_path / "q.csv").read_text() == (
        'image,x,y,label\n"a, 1.png",1.5,2,mitosis\nb,100,-3,non-mitosis\nc,,,\n'
    )
    assert short(points.read(tmp_path / "q.csv")) == short(result)
    assert short(points.read(saved(tmp_path / "p.csv", "image,x,y\na,1,2\n"))) == [("a", True, 1, 2)]
    for nothing in ("", "\n \n", "image,x,y\n"):
        assert points.read(saved(tmp_path / "p.csv", nothing)).sizes == {}


def test_the_csv_of_detections_can_be_read_as_points(tmp_path: Path) -> None:
    text = "image,x,y,score,class,mpp\na,1.00,2.00,0.9,mitotic figure,0.25\na,3.00,4.00,0.1,non-mitotic figure,0.25\n"
    assert short(points.read(saved(tmp_path / "d.csv", text))) == [("a", True, 1, 2), ("a", False, 3, 4)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,x,y\na,1,two\n", "p.csv, row 2: y='two' is not a number"),
        ("image,x,y\n\n\na,nan,2\n", "p.csv, row 4: x='nan' is not a number"),
        ("image,x,y\na,inf,2\n", "x='inf'"),
        ("image,x,y\na,,2\n", "row 2: x='' is not a number"),
        ("image,x,y\na,1\n", "row 2: y=''"),
        ("image,x,y\na,1,2,3\n", "row 2: 4 values under 3 columns"),
        ("image,x,y\n,1,2\n", "row 2: no image is named"),
        ("image,x\na,1\n", "p.csv: no column y; its first line, 'image,x', must name image,x,y"),
        ("image,x,y,X\na,1,2,3\n", "two columns are named 'x'"),
        ("image,x,y,Width,height\na,1,2,3,4\n", "x and y beside height, width may be a box's corner or its centre"),
        ("image,x,y,label\na,1,2,Tumor\n", "row 2: the class 'Tumor' is not known"),
        ("image,x,y,label\na,1,2,\n", "row 2: it has no class"),
        ("image;x;y\na;1;2\n", "separated by semicolons; save it with commas"),
        (b"\xff\xfe\x00", "p.csv: not readable as a csv"),
        (None, "p.csv: not readable as a csv"),
    ],
)
def test_broken_points_are_named(tmp_path: Path, text: Any, message: str) -> None:
    if text is not None:
        saved(tmp_path / "p.csv", text)
    with pytest.raises(InputError) as error:
        points.read(tmp_path / "p.csv")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_boxes(tmp_path: Path) -> None:
    text = "image,x1,y1,x2,y2,label\na,-10,0,20,30.5,1\nb,1,2,1,2,0\nc,,,,\n"
    result = boxes.read(saved(tmp_path / "b.csv", text))
    assert short(result) == [("a", True, 5, 15.25), ("b", False, 1, 2)]
    assert result.empty == ["c"]
    assert result.annotations[0].box == (-10, 0, 20, 30.5)
    boxes.write(result, tmp_path / "again.csv")
    again = (tmp_path / "again.csv").read_text()
    assert again == "image,x1,y1,x2,y2,label\na,-10,0,20,30.5,mitosis\nb,1,2,1,2,non-mitosis\nc,,,,,\n"
    with pytest.raises(InputError, match="row 2: the box .* ends before it begins"):
        boxes.read(saved(tmp_path / "b.csv", "image,x1,y1,x2,y2\na,5,0,4,1\n"))
    with pytest.raises(InputError, match=r"a: the cell at \(1, 2\) has no box"):
        boxes.write(Labels((Annotation("a", True, 1, 2),), {"a": None}), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == again


def test_pixels(tmp_path: Path) -> None:
    result = pixels.read(saved(tmp_path / "A00_01.csv", "1,2,3,2, \n\n5,6\n"))
    assert short(result) == [("A00_01", True, 2, 2), ("A00_01", True, 5, 6)]
    assert result.sizes == {"A00_01": None}
    empty = Labels(result.annotations, {"A00_01": None, "deep/b.png": None})
    pixels.write(empty, tmp_path / "out")
    assert (tmp_path / "out/A00_01.csv").read_text() == "1,2,3,2\n5,6\n"
    assert (tmp_path / "out/deep/b.csv").read_text() == ""
    assert sorted(read_all(tmp_path / "out", "pixels").sizes) == ["A00_01", "deep/b"]
    with pytest.raises(InputError, match="out holds something already"):
        pixels.write(empty, tmp_path / "out")


@pytest.mark.parametrize(
    ("cell", "images", "message"),
    [
        (Annotation("a", False, 1, 1, pixels=np.array([[1, 1]])), ["a"], "hard negative; pixel lists hold mitoses"),
        (Annotation("a", True, 1, 1), ["a"], "has no pixels"),
        (None, ["a.png", "a.tif"], "two images would have the label file a.csv"),
        (None, ["../a.png"], "cannot give a file its name"),
        (None, ["/a.png"], "cannot give a file its name"),
    ],
)
def test_cells_that_pixel_lists_cannot_store_leave_no_files(
    tmp_path: Path, cell: Any, images: list, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pixels.write(Labels((cell,) if cell else (), dict.fromkeys(images)), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_midog(tmp_path: Path) -> None:
    cells = [entry([-10, 0, 40, 50]), entry([0.5, 1, 50.5, 51], 2)]
    result = midog.read(saved(tmp_path / "m.json", document(cells)))
    assert short(result) == [("a.tif", True, 15, 25), ("a.tif", False, 25.5, 26)]
    assert result.sizes == {"a.tif": (40, 60)}  # b.tif has no annotation: unlabelled
    assert short(midog.read(saved(tmp_path / "m.json", document(cells, categories=[])))) == short(result)
    midog.write(result, tmp_path / "again.json")
    again = midog.read(tmp_path / "again.json")
    assert short(again) == short(result)
    assert again.sizes == result.sizes
    assert [one.box for one in again.annotations] == [one.box for one in result.annotations]
    with pytest.raises(InputError, match="takes such an image for unlabelled"):
        midog.write(Labels((), {"c": None}), tmp_path / "again.json")


def test_coco(tmp_path: Path) -> None:
    polygon = [1, 1, 5, 1, 5, 3, 1, 3]
    cells = [
        entry([1, 1, 4, 2], segmentation=[polygon]),
        entry([-5, 2, 10, 20], 2, "b", segmentation=[]),
        entry([0, 0, 9, 9], segmentation=[[0, 0, 2, 0, 2, 2, 0, 2], [7, 7, 8, 7, 8, 8, 7, 8]]),
    ]
    result = coco.read(saved(tmp_path / "c.json", document(cells)))
    assert short(result) == [("a.tif", True, 2.5, 1.5), ("b.tif", False, -0.5, 11.5), ("a.tif", True, 4, 4)]
    assert result.sizes == {"a.tif": (40, 60), "b.tif": None}
    one, two, three = result.annotations
    assert one.outline is not None
    assert one.outline.tolist() == [[0.5, 0.5], [4.5, 0.5], [4.5, 2.5], [0.5, 2.5]]  # pixels 1…4 and 1…2
    assert one.pixels is None
    assert two.outline is None
    assert two.box == (-5.5, 1.5, 4.5, 21.5)
    assert three.outline is None
    assert three.pixels is not None
    assert len(three.pixels) == 4 + 1
    coco.write(result, tmp_path / "again.json")
    again = coco.read(tmp_path / "again.json")
    assert short(again) == short(result)
    assert again.sizes == result.sizes
    np.testing.assert_array_equal(again.annotations[2].pixels, three.pixels)
    written = json.loads((tmp_path / "again.json").read_text())["annotations"]
    assert written[0]["bbox"] == [1, 1, 4, 2]
    assert written[0]["segmentation"] == [polygon]
    assert written[0]["area"] == 8
    assert written[1]["area"] == 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not readable as json"),
        (b"\xff\xfe", "not readable as json"),
        ("[" * 100_000, "not readable as json"),
        (
            document([], images=[{"id": 1, "file_name": "a", "width": 1.5, "height": 2}]),
            "width and height are 1.5 and 2",
        ),
        (document([], images=[{"id": 1, "file_name": "a", "width": 9, "height": None}]), "are 9 and None; give pixels"),
        (
            document([], images=[{"id": n, "file_name": "a", "width": 9, "height": n} for n in (1, 2)]),
            "image 2: a has the size 9 x 2, and 9 x 1 before",
        ),
        ([], "no list of images in it; it is no COCO or MIDOG json"),
        ({"images": [3]}, "no list of images"),
        ({"images": [{"id": 1}]}, "image 1: it has no id or no file_name"),
        ({"images": [{"id": [], "file_name": "a"}]}, "image 1: it has no id"),
        (
            document([], images=[{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}]),
            "image 2: its id, 1, is that of a",
        ),
        (document([entry([1, 1, 4, 2], image=8)]), r"annotation 1 (id 3): its image_id, 8, is that of no image"),
        (document([entry([1, 1, 4, 2], image=[])]), "is that of no image"),
        (document([entry([1, 1, 4, 2], 5)]), "annotation 1 (id 3): the class 5 is not known"),
        (document([entry([1, 1, 4, 2], None)]), "it has no category_id"),
        (document([entry([1, 1, 4, 2])], categories=[{"id": 1, "name": "Tumor"}]), "the class 'Tumor' is not known"),
        (document([entry([1, 1, 4])]), "bbox [1, 1, 4] is not four numbers"),
        (document([entry(None)]), "bbox None is not four numbers"),
        (document([entry([1, 1, True, "2"])]), "is not four numbers"),
        (document([entry([10**400, 1, 2, 3])]), "is not four numbers"),
    ],
)
def test_broken_json_is_named(tmp_path: Path, content: Any, message: str) -> None:
    path = saved(tmp_path / "x.json", content)
    for module in (coco, midog):
        with pytest.raises(InputError) as error:
            module.read(path)
        assert message in str(error.value)
        assert "x.json" in str(error.value)
        assert "\n" not in str(error.value)


def test_errors_specific_to_coco_or_midog(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="annotation 1 .*ends before it begins"):
        midog.read(saved(tmp_path / "x.json", document([entry([30, 30, 10, 10])])))
    for wrong, message in (
        (entry([1, 1, -1, 2]), "its box is -1 wide and 2 high"),
        (
            entry([1, 1, 1, 2], segmentation={"counts": "x", "size": [1, 1]}),
            "its segmentation is not a list of polygons",
        ),
        (entry([1, 1, 1, 2], segmentation=[[1, 2, 3, 4]]), "its segmentation is not a list of polygons"),
        (
            entry([24, 34, 36, 46], segmentation=[[24, 34, 36, 34, 36, 46, 24, 46]]),  # corners, not width and height
            "bbox and its segmentation are two places, 24, 34, 60, 80 and 24, 34, 36, 46",
        ),
    ):
        with pytest.raises(InputError, match=message):
            coco.read(saved(tmp_path / "x.json", document([wrong])))


def test_geojson(tmp_path: Path) -> None:
    features = [
        feature("Point", [3.5, 4]),
        feature("MultiPoint", [[1, 2], [3, 4]], {"name": "Non-mitosis", "color": [1, 2, 3]}),
        feature("Polygon", [SQUARE, [[2, 2], [3, 2], [3, 2.5], [2, 2]]], {"names": ["Tumor", "Mitosis"]}),
        feature("MultiPolygon", [[SQUARE], [[[9, 9], [9.1, 9], [9.1, 9.1], [9, 9]]]]),
    ]
    path = saved(tmp_path / "a.png.geojson", {"type": "FeatureCollection", "features": features})
    result = geojson.read(path)
    assert [one[1:] for one in short(result)] == [
        (True, 3, 3.5),
        (False, 0.5, 1.5),
        (False, 2.5, 3.5),
        (True, 2.5, 1.5),
    ] + [(True, *np.array(result.annotations[4].pixels).mean(axis=0))]
    assert result.sizes == {"a.png": None}
    assert short(geojson.read(saved(tmp_path / "l.json", features), "a.png")) == short(result)
    assert len(geojson.read(saved(tmp_path / "l.json", features[0])).annotations) == 1
    geojson.write(result, tmp_path / "out")
    assert short(read_all(tmp_path / "out", "geojson")) == short(result)
    written = json.loads((tmp_path / "out/a.png.geojson").read_text())["features"]
    assert written[0]["geometry"] == {"type": "Point", "coordinates": [3.5, 4]}
    assert written[3]["geometry"] == {"type": "Polygon", "coordinates": [SQUARE]}
    assert all({"name", "color"} == one["properties"]["classification"].keys() for one in written)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3", "it is no GeoJSON"),
        ({"features": [3]}, "it is no GeoJSON"),
        ({"images": []}, "object 1: it has no geometry"),
        ([feature("Point", [1, 2], None)], "object 1: it has no class"),
        ([feature("Point", [1, 2]), feature("Point", [1, 2], "Tumor")], "object 2: the class 'Tumor' is not known"),
        ([feature("LineString", SQUARE)], "a LineString is no cell"),
        ([feature("Point", ["1", 2])], "its coordinates are not pairs of numbers"),
        ([feature("Point", [1])], "its coordinates are not pairs"),
        ([feature("MultiPoint", 3)], "its coordinates are not pairs"),
        ([feature("Polygon", [[[1, 1], [2, 2], [1, 1]]])], "a polygon has three corners"),
        ([feature("Polygon", [])], "its Polygon has no coordinates"),
        ([feature("MultiPolygon", [3])], "its MultiPolygon has no coordinates"),
    ],
)
def test_broken_geojson_is_named(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        geojson.read(saved(tmp_path / "g.geojson", content))
    assert message in str(error.value)
    assert "g.geojson" in str(error.value)


def database(path: Path, *, old: bool = False, classes: str = "Mitosis") -> Path:
    base = sqlite3.connect(path)
    more = "" if old else ", deleted INTEGER DEFAULT 0"
    base.executescript(
        f"""CREATE TABLE Slides (uid INTEGER PRIMARY KEY, filename TEXT, width INTEGER, height INTEGER);
        CREATE TABLE Classes (uid INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE Annotations (uid INTEGER PRIMARY KEY, slide INTEGER, type INTEGER, agreedClass INTEGER{more});
        CREATE TABLE Annotations_coordinates
            (uid INTEGER PRIMARY KEY, coordinateX INTEGER, coordinateY INTEGER, annoId INTEGER, orderIdx INTEGER);
        INSERT INTO Slides VALUES (1, 'a.svs', 60, 40), (2, 'b.svs', NULL, NULL);
        INSERT INTO Classes VALUES (1, '{classes}'), (2, 'Nonmitotic');
        INSERT INTO Annotations (uid, slide, type, agreedClass) VALUES (1,1,1,1), (2,1,2,2), (3,1,3,1),
            (4,1,1,0), (5,1,1,1);
        INSERT INTO Annotations_coordinates VALUES (1,10,20,1,1), (2,9,9,2,1), (3,1,3,2,2), (4,4,0,3,2), (5,0,0,3,1),
            (6,4,4,3,3), (7,0,4,3,4), (8,1,1,4,1), (9,50,30,5,1);"""
    )
    if not old:
        base.execute("UPDATE Annotations SET deleted = 1 WHERE uid = 5")
        base.execute("UPDATE Annotations_coordinates SET coordinateX = NULL WHERE annoId = 5")  # it may be broken
    base.commit()
    base.close()
    return path


def test_sliderunner(tmp_path: Path) -> None:
    path = database(tmp_path / "s (1)#?.sqlite")
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="1 annotations have no agreed class"):
        result = sliderunner.read(path)
    assert short(result) == [("a.svs", True, 10, 20), ("a.svs", False, 5, 6), ("a.svs", True, 2, 2)]
    assert result.annotations[1].box == (1, 3, 9, 9)
    assert result.annotations[2].outline is not None
    assert result.sizes == {"a.svs": (40, 60), "b.svs": None}
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore:.*no agreed class")
def test_faulty_databases_are_refused(tmp_path: Path) -> None:
    assert len(sliderunner.read(database(tmp_path / "old.sqlite", old=True)).annotations) == 4
    with pytest.raises(InputError, match="annotation 1: the class 'Eosinophil' is not known"):
        sliderunner.read(database(tmp_path / "other.sqlite", classes="Eosinophil"))
    base = sqlite3.connect(database(tmp_path / "place.sqlite"))
    base.execute("UPDATE Annotations_coordinates SET coordinateX = 'q' WHERE annoId = 1")
    base.commit()
    base.close()
    with pytest.raises(InputError, match=r"place.sqlite, annotation 1: \(q, 20\) is no place"):
        sliderunner.read(tmp_path / "place.sqlite")
    with pytest.raises(InputError, match="not readable as a database of SlideRunner"):
        sliderunner.read(saved(tmp_path / "no.sqlite", "text"))
    with pytest.raises(InputError, match="no such file"):
        sliderunner.read(tmp_path / "absent.sqlite")
    assert not (tmp_path / "absent.sqlite").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "Y,x,IMAGE\n", "points"),
        ("a.csv", "image,x,y\ra,1,2\r", "points"),
        ("a.csv", "image,x1,y1,x2,y2\n", "boxes"),
        ("a.CSV", "\ufeff1,2,3,4\n", "pixels"),
        ("a.csv", "", "points"),
        ("a.geojson", [feature("Point", [1, 2])], "geojson"),
        ("a.json", {"type": "FeatureCollection", "features": []}, "geojson"),
        ("a.json", document([entry([30, 30, 10, 10])]), "coco"),
        ("a.json", document([entry([1, 1, 4, 2], segmentation=[])]), "coco"),
        ("a.json", document([]), "coco"),
        ("a.json", document([entry([30, 20, 55, 35])]), "midog"),  # not COCO: 30 + 55 lies far outside of 60
        ("a.sqlite", "", "sliderunner"),
    ],
)
def test_a_format_is_detected_from_its_content(tmp_path: Path, name: str, content: Any, expected: str) -> None:
    assert sniff(saved(tmp_path / name, content)) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "a,b\n", "names neither image,x,y nor image,x1,y1,x2,y2"),
        ("a.xyz", "", "not a label file of a known kind"),
        ("a.json", {"x": 1}, "json of no known kind: it has no features"),
        ("a.json", document([entry([1, 1, 5, 6])]), "type which: from=midog or from=coco"),
        ("a.json", document([entry([9, 9, 5, 60])]), "type which: from=midog or from=coco"),
    ],
)
def test_an_unknown_or_ambiguous_format_is_refused(tmp_path: Path, name: str, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sniff(saved(tmp_path / name, content))


@pytest.mark.skipif(not REAL, reason="MITOSIS_REAL_DATA, the folder that holds labels/, is not set")
def test_the_real_files() -> None:
    folder = Path(str(REAL)) / "labels"
    path = folder / "midogpp/MIDOG++.json"
    assert sniff(path) == "midog"
    result = midog.read(path)
    assert Counter(cell.mitotic for cell in result.annotations) == {True: 11937, False: 14349}
    assert len(result.sizes) == 503
    assert all(result.sizes.values())
    sides = {(cell.box[2] - cell.box[0], cell.box[3] - cell.box[1]) for cell in result.annotations if cell.box}
    assert {tuple(np.round(side, 6)) for side in sides} == {(50, 50)}
    path = folder / "tupac16_al/TUPAC_stitched.sqlite"
    result = read_all(path, sniff(path))
    assert len(result.annotations) == 1552
    assert all(cell.mitotic for cell in result.annotations)
    assert len(result.sizes) == 73


def test_a_crowd_is_no_cell(tmp_path: Path) -> None:
    names = ClassNames()
    cells = [entry([1, 1, 4, 2]), entry([1, 1, 40, 20], iscrowd=1), entry([1, 1, 4, 2], iscrowd=0)]
    assert len(coco.read(saved(tmp_path / "c.json", document(cells)), names=names).annotations) == 2
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'mitotic figure, a crowd (iscrowd=1)'"


@pytest.mark.parametrize("format", ["points", "boxes"])
def test_classes_in_a_csv_may_be_passed_over(tmp_path: Path, format: str) -> None:
    corners = "x1,y1,x2,y2" if format == "boxes" else "x,y"
    places = "1,2,3,4" if format == "boxes" else "2,3"
    rows = "".join(f"a.png,{places},{name}\n" for name in ("mitosis", "Tumor", ""))
    path = saved(tmp_path / "c.csv", f"image,{corners},label\n{rows}")
    names = ClassNames({"tumor": "ignore", "unclassified": "non-mitosis"})
    assert short(read_all(path, format, names)) == [("a.png", True, 2, 3), ("a.png", False, 2, 3)]
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'Tumor'"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_of_one_form(tmp_path: Path, form: Any) -> None:
    name = unicodedata.normalize(form, "präparat.png")
    images = [{"id": 1, "file_name": name}]
    table = saved(tmp_path / "p.csv", f"image,x,y\n{name},1,2\n")
    listed = saved(tmp_path / "c.json", {"images": images, "annotations": []})
    (tmp_path / "g").mkdir()
    saved(tmp_path / "g" / f"{name}.geojson", {"features": []})
    for labels in (points.read(table), coco.read(listed), read_all(tmp_path / "g", "geojson")):
        assert list(labels.sizes) == [unicodedata.normalize("NFC", name)]


def test_the_cells_of_many_images_are_found_at_once() -> None:
    cells = tuple(Annotation(f"{number % 20_000}", True, 1, 2) for number in range(100_000))
    labels = Labels(cells, {f"{number}": None for number in range(20_001)})
    start = time.process_time()
    assert sum(len(labels.of(image)) for image in labels.sizes) == 100_000  # 2 · 10⁹ comparisons one by one
    assert labels.empty == ["20000"]
    assert time.process_time() - start < 10


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "'a.png", "a=b.png"])
@pytest.mark.parametrize("module", [points, boxes])
def test_a_name_that_would_be_a_formula_returns(tmp_path: Path, module: Any, name: str) -> None:
    labels = Labels((Annotation(name, True, 1, 2, box=(0, 1, 2, 3)),), {name: None, "=b": None})
    module.write(labels, tmp_path / "c.csv")
    shown = [line.partition(",")[0] for line in (tmp_path / "c.csv").read_text().splitlines()[1:]]
    assert shown == [f"'{name}" if name[0] in "=+-@" else name, "'=b"]
    assert list(module.read(tmp_path / "c.csv").sizes) == [name, "=b"]


def test_a_category_has_one_name(tmp_path: Path) -> None:
    categories = [{"id": 1, "name": "mitotic figure"}, {"id": 1, "name": "non-mitotic figure"}]
    document = {"images": [], "categories": categories, "annotations": []}
    (tmp_path / "c.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"c\.json: category 1 is 'mitotic figure' and 'non-mitotic figure'"):
        read_all(tmp_path / "c.json", "coco")
