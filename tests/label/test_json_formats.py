"""COCO, MIDOG's json and GeoJSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from label_files import document, entry, feature, saved, with_image

from mitosis.errors import InputError
from mitosis.label import coco, geojson, midog
from mitosis.label.annotation import Labels
from mitosis.label.formats import read_all
from mitosis.label.kind import ClassNames

SQUARE = [[1, 1], [5, 1], [5, 3], [1, 3], [1, 1]]


def test_midog(tmp_path: Path) -> None:
    cells = [entry([-10, 0, 40, 50]), entry([0.5, 1, 50.5, 51], 2)]
    result = midog.read(saved(tmp_path / "m.json", document(cells)))
    assert with_image(result) == [("a.tif", True, 15, 25), ("a.tif", False, 25.5, 26)]
    assert result.sizes == {"a.tif": (40, 60)}  # b.tif has no annotation: unlabelled
    assert with_image(midog.read(saved(tmp_path / "m.json", document(cells, categories=[])))) == with_image(result)
    midog.write(result, tmp_path / "again.json")
    again = midog.read(tmp_path / "again.json")
    assert with_image(again) == with_image(result)
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
    assert with_image(result) == [("a.tif", True, 2.5, 1.5), ("b.tif", False, -0.5, 11.5), ("a.tif", True, 4, 4)]
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
    assert with_image(again) == with_image(result)
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
    assert [one[1:] for one in with_image(result)] == [
        (True, 3, 3.5),
        (False, 0.5, 1.5),
        (False, 2.5, 3.5),
        (True, 2.5, 1.5),
    ] + [(True, *np.array(result.annotations[4].pixels).mean(axis=0))]
    assert result.sizes == {"a.png": None}
    assert with_image(geojson.read(saved(tmp_path / "l.json", features), "a.png")) == with_image(result)
    assert len(geojson.read(saved(tmp_path / "l.json", features[0])).annotations) == 1
    geojson.write(result, tmp_path / "out")
    assert with_image(read_all(tmp_path / "out", "geojson")) == with_image(result)
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


def test_a_crowd_is_no_cell(tmp_path: Path) -> None:
    names = ClassNames()
    cells = [entry([1, 1, 4, 2]), entry([1, 1, 40, 20], iscrowd=1), entry([1, 1, 4, 2], iscrowd=0)]
    assert len(coco.read(saved(tmp_path / "c.json", document(cells)), names=names).annotations) == 2
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'mitotic figure, a crowd (iscrowd=1)'"


def test_a_category_has_one_name(tmp_path: Path) -> None:
    categories = [{"id": 1, "name": "mitotic figure"}, {"id": 1, "name": "non-mitotic figure"}]
    document = {"images": [], "categories": categories, "annotations": []}
    (tmp_path / "c.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"c\.json: category 1 is 'mitotic figure' and 'non-mitotic figure'"):
        read_all(tmp_path / "c.json", "coco")
