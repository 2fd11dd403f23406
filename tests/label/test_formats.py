"""Label files of each format: hand-made examples, round trips, and errors in one line for broken files."""

import os
import sqlite3
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from label_files import document, entry, feature, saved, with_image

from mitosis.errors import InputError
from mitosis.label import coco, midog, points, sliderunner
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.formats import read_all, sniff

REAL = os.environ.get("MITOSIS_REAL_DATA")


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
    assert with_image(result) == [("a.svs", True, 10, 20), ("a.svs", False, 5, 6), ("a.svs", True, 2, 2)]
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
