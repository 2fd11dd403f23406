"""Tables of labels as other programs write them: which column is the class, and what contradicts itself."""

from pathlib import Path

import pytest

from mitosis.errors import InputError
from mitosis.label.annotation import Labels
from mitosis.label.formats import read_all, sniff


def read(folder: Path, text: str) -> Labels:
    (folder / "c.csv").write_text(text)
    return read_all(folder / "c.csv", sniff(folder / "c.csv"))


@pytest.mark.parametrize("column", ["label", "Class", "labels", "type", "category", "Classification", "cell_type"])
def test_the_column_of_the_class_has_one_of_many_names(tmp_path: Path, column: str) -> None:
    cells = read(tmp_path, f"image,x,y,{column}\na,1,2,mitosis\na,3,4,hard negative\n").annotations
    assert [cell.mitotic for cell in cells] == [True, False]


@pytest.mark.parametrize("yes_no", [("1", "0"), ("True", "False"), ("yes", "No")])
def test_a_column_may_say_whether_it_is_a_mitosis(tmp_path: Path, yes_no: tuple[str, str]) -> None:
    cells = read(tmp_path, "image,x,y,is_mitosis\na,1,2,{}\na,3,4,{}\n".format(*yes_no)).annotations
    assert [cell.mitotic for cell in cells] == [True, False]


def test_two_columns_of_classes_agree(tmp_path: Path) -> None:
    (cell,) = read(tmp_path, "image,x,y,label,class_id\na,1,2,mitosis,7\n").annotations
    assert cell.mitotic
    with pytest.raises(InputError, match="row 2: its columns of classes contradict each other, label 'mitosis' and"):
        read(tmp_path, "image,x,y,label,mitotic\na,1,2,mitosis,no\n")


def test_a_place_lies_in_its_box(tmp_path: Path) -> None:
    header = "image,x,y,x1,y1,x2,y2\n"
    (cell,) = read(tmp_path, f"{header}a,5,6,4,5,7,8\n").annotations
    assert (cell.x, cell.y) == (5, 6)
    with pytest.raises(InputError, match=r"c\.csv, row 2: 10, 20 lies outside of its box from 30, 40 to 50, 60"):
        read(tmp_path, f"{header}a,10,20,30,40,50,60\n")


@pytest.mark.parametrize("sides", ["width,height", "w,h", "bbox_width,bbox_height", "box_w,box_h"])
def test_a_place_beside_the_sides_of_a_box_may_be_its_corner(tmp_path: Path, sides: str) -> None:
    with pytest.raises(InputError, match="may be a box's corner or its centre"):
        read(tmp_path, f"image,x,y,{sides}\na,1,2,3,4\n")


def test_quotes_are_read_or_refused(tmp_path: Path) -> None:
    (cell,) = read(tmp_path, '"image","x","y"\n"a,b","1","2"\n').annotations
    assert (cell.image, cell.x, cell.y) == ("a,b", 1, 2)
    with pytest.raises(InputError, match=r"c\.csv: not readable as a csv \(unexpected end of data\)"):
        read(tmp_path, 'image,x,y\n"a,1,2\nb,3,4\n')


def test_the_images_size_and_resolution_are_read(tmp_path: Path) -> None:
    read_labels = read(
        tmp_path, "image,x,y,image_width,image_height,mpp\na,1,2,60,40,0.25\na,3,4,60,40,\nb,5,6,,,n/a\n"
    )
    assert (read_labels.sizes, read_labels.mpp) == ({"a": (40, 60), "b": None}, {"a": 0.25})
    for rows, said in (
        ("a,1,2,60,40,.25\na,3,4,40,60,.25\n", "row 3: a has the size 40 x 60, and 60 x 40 before; give it one"),
        ("a,1,2,60,40,.25\na,3,4,60,40,.5\n", "row 3: a has the mpp 0.5, and 0.25 before; give it one"),
        ("a,1,2,0.6,0.4,.25\n", "row 2: 0.6 x 0.4 is no size of an image in pixels"),
    ):
        with pytest.raises(InputError, match=said):
            read(tmp_path, f"image,x,y,image_width,image_height,mpp\n{rows}")


def test_width_and_height_beside_corners_are_the_boxs_or_the_images(tmp_path: Path) -> None:
    header = "image,x1,y1,x2,y2,width,height\n"
    assert read(tmp_path, f"{header}a,1,2,5,8,4,6\na,10,20,15,28,6,8\n").sizes == {"a": None}
    assert read(tmp_path, f"{header}a,1,2,5,8,60,40\na,10,20,14,26,60,40\nb,,,,,60,30\n").sizes == {
        "a": (40, 60),
        "b": (30, 60),
    }


@pytest.mark.parametrize("first", ["sep=,", '"sep=,"', "SEP=,", "\ufeffsep=,"])
def test_a_spreadsheets_line_about_commas_is_passed_over(tmp_path: Path, first: str) -> None:
    (cell,) = read(tmp_path, f"{first}\nimage,x,y\na,1,2\n\x1a").annotations
    assert (cell.image, cell.x, cell.y) == ("a", 1, 2)
    with pytest.raises(InputError, match="row 3: x='1,5' is not a number; numbers take a point"):
        read(tmp_path, f'{first}\nimage,x,y\na,"1,5",2\n')
    with pytest.raises(InputError, match="separated by semicolons"):
        read(tmp_path, "sep=;\nimage;x;y\na;1;2\n")
