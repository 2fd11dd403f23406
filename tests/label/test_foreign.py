"""Files of programs whose formats are not read are named, with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from mitosis.errors import InputError
from mitosis.label.conversion import convert_labels
from mitosis.label.formats import sniff

VIA_3 = {"project": {}, "config": {}, "attribute": {}, "file": {}, "metadata": {}, "view": {}}
FILES: dict[str, tuple[str, Any]] = {
    "project.json": ("VIA 3's json", VIA_3),
    "a.ndpa": ("NDP.view's annotations", "<annotations/>"),
    "a.xml": ("NDP.view's annotations", "<annotations><ndpviewstate id='1'/></annotations>"),
    "a.roi": ("ImageJ's ROI", "Iout"),
    "a.annotations": ("HALO's annotations", "<Annotations/>"),
    "tasks.json": ("Label Studio's json", [{"id": 1, "data": {}, "annotations": []}]),
    "a.png.json": ("Supervisely's json", {"size": {}, "objects": []}),
    "measurements.txt": ("a table with tabs", "Image\tCentroid X\na\t1\n"),
    "measurements.tsv": ("a table with tabs", "Image\tCentroid X\na\t1\n"),
    "cells.xlsx": ("a spreadsheet", "PK"),
}


def written(folder: Path, name: str) -> Path:
    content = FILES[name][1]
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / name


@pytest.mark.parametrize("name", FILES)
def test_the_program_is_named(tmp_path: Path, name: str) -> None:
    remedy = (
        "save it as csv"
        if name.startswith(("cells.", "measurements."))
        else "export it as one of csv of points or boxes"
    )
    with pytest.raises(InputError) as error:
        sniff(written(tmp_path, name))
    assert str(error.value).startswith(f"{tmp_path / name}: {FILES[name][0]}, which is not read; {remedy}")


@pytest.mark.parametrize("name", FILES)
def test_a_folder_of_them_is_not_converted(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", name)
    with pytest.raises(InputError, match=rf"{name}: {FILES[name][0]}"):
        convert_labels(tmp_path / "in", tmp_path / "out.csv", given="auto", to="points")


def test_other_files_are_of_no_known_kind(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("1 2 3\nx y\n")
    with pytest.raises(InputError, match=r"words\.txt: not a label file of a known kind; what is read are csv"):
        sniff(tmp_path / "words.txt")
    (tmp_path / "a.xml").write_text("<svg/>")
    with pytest.raises(InputError, match=r"a\.xml: XML of a program that is not known; what is read are csv"):
        sniff(tmp_path / "a.xml")
