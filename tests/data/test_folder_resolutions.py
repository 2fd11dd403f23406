"""Resolutions and sizes that a user's own images, tables and label files state."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from own_images import HEIGHT, WIDTH, picture, records, refusal


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


def test_a_csvs_own_resolution_and_sizes_are_compared(root: Path) -> None:
    (root / "cells.csv").write_text("image,x,y,mpp\na,30,20,0.5\nb,30,20,0.5\nc,30,20,0.5\n")
    assert "0.25 typed and 0.5 by its labels µm per pixel contradict" in refusal(root, labels="cells.csv")
    assert {one.mpp for one in records(root, labels="cells.csv", mpp=None).values()} == {0.5}
    (root / "cells.csv").write_text("image,x1,y1,x2,y2,width,height\na,20,10,30,20,120,80\nb,,,,,60,40\nc,,,,,60,40\n")
    assert "60 x 40 pixels, and its labels are of an image of 120 x 80" in refusal(root, labels="cells.csv")


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
