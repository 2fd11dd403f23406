"""The files of annotation programs: examples by hand, what is passed over, and refusals in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from label_files import picture, saved, short

from mitosis.errors import InputError
from mitosis.label import aperio, asap, cvat, geojson, labelme, via, voc
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.conversion import convert_labels, fit
from mitosis.label.formats import PER_IMAGE, SUFFIXES, TABLES, read_all, sniff
from mitosis.label.kind import ClassNames

APERIO = """<?xml version="1.0" encoding="UTF-8"?>
<Annotations MicronsPerPixel="0.25">
  <Annotation Id="1" Name="" LineColor="255">
    <Attributes><Attribute Name="Description" Value="mitosis"/></Attributes>
    <Regions><RegionAttributeHeaders/>
      <Region Id="1" Type="0" NegativeROA="0"><Vertices><Vertex X="24" Y="34" Z="0"/><Vertex X="36" Y="34"/>
        <Vertex X="36" Y="46"/><Vertex X="24" Y="46"/></Vertices></Region>
      <Region Id="2" Type="5"><Vertices><Vertex X="10.5" Y="20.5"/></Vertices></Region>
      <Region Id="3" Type="0" NegativeROA="1"><Vertices><Vertex X="1" Y="1"/></Vertices></Region>
      <Region Id="4" Type="2" Text="look-alike"><Vertices><Vertex X="8" Y="8"/><Vertex X="2" Y="4"/></Vertices></Region>
    </Regions></Annotation>
  <Annotation Id="2" Name="Non-mitosis"><Regions>
    <Region Id="1" Type="1"><Vertices><Vertex X="0" Y="0"/><Vertex X="4" Y="0"/><Vertex X="4" Y="2"/>
    <Vertex X="0" Y="2"/></Vertices></Region></Regions></Annotation>
</Annotations>"""
ASAP = """<ASAP_Annotations><Annotations>
  <Annotation Name="Annotation 0" Type="Polygon" PartOfGroup="mitosis" Color="#F4FA58"><Coordinates>
    <Coordinate Order="2" X="36" Y="46"/><Coordinate Order="0" X="24" Y="34"/><Coordinate Order="1" X="36" Y="34"/>
    <Coordinate Order="3" X="24" Y="46"/></Coordinates></Annotation>
  <Annotation Name="d" Type="Dot" PartOfGroup="hard negative"><Coordinates>
    <Coordinate Order="0" X="1" Y="2"/></Coordinates></Annotation>
  <Annotation Name="s" Type="PointSet" PartOfGroup="mitosis"><Coordinates><Coordinate Order="0" X="5.5" Y="6"/>
    <Coordinate Order="1" X="7" Y="8"/></Coordinates></Annotation>
  <Annotation Name="r" Type="Rectangle" PartOfGroup="mitosis"><Coordinates><Coordinate Order="0" X="0" Y="0"/>
    <Coordinate Order="1" X="4" Y="0"/><Coordinate Order="2" X="4" Y="2"/><Coordinate Order="3" X="0" Y="2"/>
  </Coordinates></Annotation>
</Annotations><AnnotationGroups><Group Name="mitosis"/></AnnotationGroups></ASAP_Annotations>"""
VOC = """<annotation><folder>x</folder><filename>a.png</filename><size><width>60</width><height>40</height></size>
  <object><name>mitosis</name><difficult>0</difficult>
    <bndbox><xmin>25</xmin><ymin>35</ymin><xmax>37</xmax><ymax>47</ymax></bndbox></object>
  <object><name>imposter</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>1</ymax></bndbox></object>
</annotation>"""
CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>t</name></task></meta>
  <image id="0" name="p1/a.png" width="60" height="40">
    <box label="mitosis" xtl="24" ytl="34" xbr="36" ybr="46" occluded="0"><attribute name="by">me</attribute></box>
    <box label="mitosis" xtl="0" ytl="0" xbr="8" ybr="4" rotation="90"/>
    <polygon label="mimic" points="0.00,0.00;4.00,0.00;4.00,2.00;0.00,2.00"/>
    <points label="mitosis" points="5.5,6.0;7,8"/>
    <ellipse label="mitosis" cx="10" cy="20" rx="3" ry="2"/>
    <mask label="mitosis" rle="1, 2, 3" left="7" top="5" width="3" height="2"/>
    <tag label="blurred"/>
  </image>
  <image id="1" name="b.png" width="60" height="40"/></annotations>"""
LABELME = {
    "version": "5.0.1",
    "shapes": [
        {"label": "mitosis", "points": [[36, 46], [24, 34]], "shape_type": "rectangle", "flags": {}},
        {"label": "mitosis", "points": [[10, 10], [13, 14]], "shape_type": "circle"},
        {"label": "non-mitosis", "points": [[0, 0], [4, 0], [4, 2], [0, 2]], "shape_type": "polygon"},
        {"label": "mitosis", "points": [[5.5, 6]], "shape_type": "point"},
    ],
    "imagePath": "..\\images\\a.png",
    "imageData": "AAAA",
    "imageHeight": 40,
    "imageWidth": 60,
}


def region(shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes or {"class": "mitosis"}}


RECT = {"name": "rect", "x": 24, "y": 34, "width": 12, "height": 12}
POLYGON = {"name": "polygon", "all_points_x": [0, 4, 4, 0], "all_points_y": [0, 0, 2, 2]}
VIA = {
    "a.png9": {
        "filename": "a.png",
        "size": 9,
        "regions": [
            region(RECT),
            region({"name": "circle", "cx": 10, "cy": 10, "r": 5}, kind={"mitosis": True, "Non-mitosis": False}),
            region(POLYGON, label="look-alike", remark="out of focus"),
            region({"name": "point", "cx": 5.5, "cy": 6}, anything="mitosis"),
        ],
        "file_attributes": {},
    },
    "b.png7": {"filename": "b.png", "size": 7, "regions": {}, "file_attributes": {}},
}
CSV = (
    "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
    'a.png,9,"{}",1,0,"{""name"":""rect"",""x"":24,""y"":34,""width"":12,""height"":12}","{""class"":""mitosis""}"\n'
    'b.png,7,"{}",0,0,"{}","{}"\n'
)


def test_aperio(tmp_path: Path) -> None:
    names = ClassNames()
    result = aperio.read(saved(tmp_path / "s.xml", APERIO), names=names)
    assert short(result) == [(True, 29.5, 39.5), (True, 10, 20), (False, 4.5, 5.5), (False, 1.5, 0.5)]
    assert result.annotations[0].outline is not None
    assert result.annotations[2].box == (1.5, 3.5, 7.5, 7.5)
    assert result.annotations[3].box == (-0.5, -0.5, 3.5, 1.5)  # pixels 0…3 and 0…1
    assert result.sizes == {"s": None}
    assert result.mpp == {"s": 0.25}
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'a negative region'"


def test_asap(tmp_path: Path) -> None:
    result = asap.read(saved(tmp_path / "s.xml", ASAP))
    assert short(result) == [(True, 29.5, 39.5), (False, 0.5, 1.5), (True, 5, 5.5), (True, 6.5, 7.5), (True, 1.5, 0.5)]
    assert result.annotations[0].outline is not None
    assert result.annotations[0].outline.tolist() == [[23.5, 33.5], [35.5, 33.5], [35.5, 45.5], [23.5, 45.5]]
    assert result.annotations[4].box == (-0.5, -0.5, 3.5, 1.5)


def test_voc_counts_pixels_from_one(tmp_path: Path) -> None:
    result = voc.read(saved(tmp_path / "a.xml", VOC))
    assert short(result) == [(True, 30, 40), (False, 0.5, 0)]
    assert [cell.box for cell in result.annotations] == [(23.5, 33.5, 36.5, 46.5), (-0.5, -0.5, 1.5, 0.5)]
    assert result.sizes == {"a.png": (40, 60)}
    voc.write(result, tmp_path / "out")
    assert "<xmin>25</xmin>" in (tmp_path / "out/a.xml").read_text()


def test_cvat(tmp_path: Path) -> None:
    names = ClassNames()
    result = cvat.read(saved(tmp_path / "c.xml", CVAT), names=names)
    assert short(result) == [
        (True, 29.5, 39.5),
        (True, 3.5, 1.5),
        (False, 1.5, 0.5),
        (True, 5, 5.5),
        (True, 6.5, 7.5),
        (True, 9.5, 19.5),
        (True, 8.5, 5),  # rows 0110 … of 3 x 2 pixels from (7, 5) on: (8, 5) and (9, 5)
    ]
    assert result.annotations[1].outline is not None  # turned by a right angle about (4, 2): 4 wide and 8 high
    np.testing.assert_allclose(result.annotations[1].outline.min(axis=0), [1.5, -2.5])
    assert result.annotations[5].box == (6.5, 17.5, 12.5, 21.5)
    assert result.annotations[6].pixels is not None
    assert result.annotations[6].pixels.tolist() == [[8, 5], [9, 5]]
    assert result.sizes == {"p1/a.png": (40, 60), "b.png": (40, 60)}
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'blurred, a tag of an image'"
    cvat.write(Labels(result.annotations[6:], result.sizes), tmp_path / "again.xml")
    assert 'rle="0, 2" left="8" top="5" width="2" height="1"' in (tmp_path / "again.xml").read_text()


def test_labelme(tmp_path: Path) -> None:
    result = labelme.read(saved(tmp_path / "a.json", LABELME))
    assert short(result) == [(True, 29.5, 39.5), (True, 9.5, 9.5), (False, 1.5, 0.5), (True, 5, 5.5)]
    assert result.annotations[1].box == (4.5, 4.5, 14.5, 14.5)  # a radius of 5
    assert result.sizes == {"a.png": (40, 60)}
    assert result.inner == {}


@pytest.mark.parametrize("content", [VIA, {"_via_settings": {}, "_via_img_metadata": VIA}])
def test_via(tmp_path: Path, content: dict[str, Any]) -> None:
    result = via.read(saved(tmp_path / "v.json", content))
    assert short(result) == [(True, 29.5, 39.5), (True, 9.5, 9.5), (False, 1.5, 0.5), (True, 5, 5.5)]
    assert result.annotations[0].box == (23.5, 33.5, 35.5, 45.5)
    assert result.empty == ["b.png"]


def test_via_as_csv(tmp_path: Path) -> None:
    result = via.read(saved(tmp_path / "v.csv", CSV))
    assert short(result) == [(True, 29.5, 39.5)]
    assert result.empty == ["b.png"]


CONTENTS: dict[str, tuple[str, Any]] = {
    "aperio": ("a.xml", APERIO),
    "asap": ("a.xml", ASAP),
    "voc": ("a.xml", VOC),
    "cvat": ("all.xml", CVAT),
    "labelme": ("a.json", LABELME),
    "via": ("all.json", VIA),
    "yolo": ("a.txt", "0 .5 .5 .2 .1\n"),
}


@pytest.mark.parametrize("format", CONTENTS)
def test_the_program_is_detected_in_a_file_and_in_a_folder(tmp_path: Path, format: str) -> None:
    name, content = CONTENTS[format]
    path = saved(tmp_path / "in" / name, content)
    saved(tmp_path / "in/.hidden" / name, "?")
    picture(tmp_path / "in/a.png")
    saved(tmp_path / "classes.txt", "mitosis\n")
    assert sniff(path) == format
    for source in (path, tmp_path / "in"):
        out = tmp_path / f"{source.name}.csv"
        labels, _ = convert_labels(source, out, given="auto", to="points")
        assert len(labels.annotations) == out.read_text().count("mitosis\n")


def test_via_as_csv_is_detected(tmp_path: Path) -> None:
    assert sniff(saved(tmp_path / "v.csv", CSV)) == "via"


@pytest.mark.parametrize("format", ["voc", "labelme"])
def test_a_file_that_names_another_image_is_told(tmp_path: Path, format: str) -> None:
    name, content = CONTENTS[format]
    saved(tmp_path / f"b{Path(name).suffix}", content)
    with pytest.warns(UserWarning, match=r"1 of 1 images are named otherwise in their own .*: b\.\w+ names a\.png"):
        assert list(read_all(tmp_path, format).sizes) == ["b"]


ENTITIES = """<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "&x;&x;">]>"""


@pytest.mark.parametrize("format", ["aperio", "asap", "voc", "cvat"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_entity_is_resolved(tmp_path: Path, format: str, encoding: str) -> None:
    text = CONTENTS[format][1]
    text = text[text.index("?>") + 2 :] if text.startswith("<?") else text
    path = tmp_path / "a.xml"
    path.write_bytes((ENTITIES + text).encode(encoding))
    for reader in ((TABLES | PER_IMAGE)[format].read, sniff):
        with pytest.raises(InputError, match=r"a\.xml: it declares a document type or entities, which are never"):
            reader(path)


SQUARE = '<Vertex X="1" Y="1"/><Vertex X="2" Y="1"/>'


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (voc.read, "<annotation><object>", "not readable as XML"),
        (voc.read, "", "not readable as XML"),
        (voc.read, "<annotations/>", "its outermost element is annotations, not annotation"),
        (voc.read, "<a>" * 50_000 + "</a>" * 50_000, "its outermost element is a, not annotation"),
        (voc.read, "<annotation><object><name>mitosis</name></object></annotation>", "object 1: it has no bndbox"),
        (voc.read, "<annotation><text/></annotation>", "it has no object, filename or size"),
        (cvat.read, "<annotations><note/></annotations>", "it holds note and no image; it is of another program"),
        (aperio.read, "<Annotations><Note/></Annotations>", "it holds Note and no Annotation"),
        (asap.read, "<ASAP_Annotations><Note/></ASAP_Annotations>", "it holds Note and no AnnotationGroups"),
        (voc.read, VOC.replace("<xmin>25<", "<xmin>2_5<"), "object 1: xmin='2_5' is not a number"),
        (voc.read, VOC.replace("<xmin>25</xmin>", ""), "object 1: it has no xmin"),
        (voc.read, VOC.replace("<xmin>25<", "<xmin>99<"), "ends before it begins"),
        (voc.read, VOC.replace(">imposter<", ">cell<"), "object 2: the class 'cell' is not known"),
        (aperio.read, APERIO.replace('Type="0" NegativeROA="0"', 'Type="3"'), "layer 1, region 1: an arrow or a ruler"),
        (aperio.read, APERIO.replace('X="24"', 'X="24,5"'), "layer 1, region 1: X='24,5' is not a number"),
        (aperio.read, APERIO.replace('Value="mitosis"', 'Value=""'), "region 1: it has no class"),
        (aperio.read, APERIO.replace('<Vertex X="10.5" Y="20.5"/>', ""), "region 2: it has no vertex"),
        (aperio.read, APERIO.replace('<Vertex X="10.5" Y="20.5"/>', SQUARE), "region 2: a polygon has three corners"),
        (asap.read, ASAP.replace('"PointSet"', '"Measurement"'), "annotation 3 (s): a Measurement is no cell"),
        (asap.read, ASAP.replace('PartOfGroup="hard negative"', 'PartOfGroup="None"'), "2 (d): it has no class"),
        (asap.read, ASAP.replace('Order="2"', ""), "annotation 1 (Annotation 0): it has no Order"),
        (cvat.read, CVAT.replace("<image ", "<track/><image ", 1), "CVAT's format for videos"),
        (cvat.read, CVAT.replace("b.png", "p1/a.png"), "image 2: p1/a.png is in it twice"),
        (cvat.read, CVAT.replace("ellipse", "polyline"), "p1/a.png, shape 5: a polyline is no cell"),
        (cvat.read, CVAT.replace("1, 2, 3", "1, 2, 4"), "shape 6: its mask has 7 pixels, and its box 3 x 2"),
        (cvat.read, CVAT.replace('width="3"', 'width="1e9"'), "shape 6: a mask of 1000000000 x 2 pixels is no cell"),
        (cvat.read, CVAT.replace("1, 2, 3", "6"), "shape 6: its mask is empty"),
        (cvat.read, CVAT.replace("5.5,6.0;7,8", "5.5,6.0;7"), "shape 4: its points are not pairs"),
        (labelme.read, {"shapes": {}}, "no list of shapes in it"),
        (labelme.read, {"shapes": [{"label": "mitosis", "points": []}]}, "shape 1: it has no points"),
        (labelme.read, {"shapes": [{"label": "mitosis", "points": [[1]]}]}, "shape 1: its points are not pairs"),
        (
            labelme.read,
            {"shapes": [{"label": "mitosis", "points": [[1, 2], [3, 4]], "shape_type": "line"}]},
            "shape 1: a line of 2 points is no cell",
        ),
        (via.read, {"a": {"filename": "a", "regions": [region({"name": "polyline"})]}}, "region 1: a polyline is no"),
        (via.read, {"a": {"filename": "a", "regions": [region({"name": "point", "cx": 1})]}}, "1: cy=None is not"),
        (via.read, {"a": {"filename": "a", "regions": [3]}}, "region 1: it has no shape or no attributes"),
        (via.read, {"a": {"filename": "a", "regions": [region(RECT, by="me", who="you")]}}, "(by, who) is the class?"),
        (via.read, {"a": 3}, "no images with regions in it"),
    ],
)  # fmt: skip
def test_broken_files_are_named(tmp_path: Path, read: Callable[[Path], Labels], content: Any, message: str) -> None:
    path = saved(tmp_path / ("x.xml" if isinstance(content, str) else "x.json"), content)
    with pytest.raises(InputError) as error:
        read(path)
    assert message in str(error.value)
    assert "x." in str(error.value)
    assert "\n" not in str(error.value)


def test_pixels_become_the_outline_of_their_largest_part(tmp_path: Path) -> None:
    pixels = np.array([[1, 1], [2, 1], [1, 2], [2, 2], [9, 9]], dtype=np.int32)
    labels = Labels((Annotation("a", True, 3, 3, pixels=pixels),), {"a": None})
    asap.write(fit(labels, "asap"), tmp_path / "out")
    (cell,) = read_all(tmp_path / "out", "asap").annotations
    assert (cell.x, cell.y) == pytest.approx((1.5, 1.5))
    geojson.write(fit(labels, "geojson"), tmp_path / "whole")
    (cell,) = read_all(tmp_path / "whole", "geojson").annotations
    assert cell.pixels is not None
    assert len(cell.pixels) == 5


def test_every_format_has_a_suffix() -> None:
    assert (TABLES | PER_IMAGE).keys() <= SUFFIXES.keys()


def test_an_answer_counts_only_to_the_question_whether_it_is_a_mitosis(tmp_path: Path) -> None:
    def read(**attributes: str) -> Any:
        one = {"shape_attributes": {"name": "point", "cx": 1, "cy": 2}, "region_attributes": attributes}
        return via.read(saved(tmp_path / "v.json", {"a": {"filename": "a", "regions": [one]}}))

    assert [read(mitosis=text).annotations[0].mitotic for text in ("yes", "1", "no", "0")] == [True, True, False, False]
    with pytest.raises(InputError, match="region 1: the class 'apoptotic: 1' is not known"):
        read(apoptotic="1")


def test_a_deleted_object_is_passed_over_and_counted(tmp_path: Path) -> None:
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>"
    one = f"<object><name>mitosis</name><deleted>{{}}</deleted>{box}</object>"
    names = ClassNames()
    path = saved(tmp_path / "a.xml", f"<annotation>{one.format(0)}{one.format(1)}</annotation>")
    assert len(voc.read(path, names=names).annotations) == 1
    assert names.remark() == "1 annotation(s) are skipped: 1 of 'a deleted object'"
