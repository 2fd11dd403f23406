"""Figures 1, 7 and 8: what lies where in the picture, for drawn fields and for files; every mistake in one line."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import figure1
import figure7
import figure8
import numpy as np
import pytest
import script
from miniature import icpr2012
from picture import CELL, SIDE, STRIP, cell, fitted, outlined, titled

from mitosis.data.drawing.field import draw_field
from mitosis.data.record import Circle, MitoticFigure, Record
from mitosis.image.file import read_image
from mitosis.output.overlay import TRUTH

GAP = 4
DRAWN = ["size=128", "cases=3", "fields_per_case=1", "folds=null"]


def square(left: int, top: int, side: int, size: tuple[int, int], name: str = "a") -> Record:
    """A grey field with one square mitosis."""
    x, y = np.meshgrid(np.arange(left, left + side), np.arange(top, top + side))
    figure = MitoticFigure(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.int32))
    image = np.full((*size, 3), 128, np.uint8)
    return Record(name, image.copy, size, 0.25, name, name, "s", (figure,))


def panel(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """The square at a place of the grid, without the strip above it."""
    top, left = row * (SIDE + STRIP + GAP) + STRIP, column * (SIDE + GAP)
    return picture[top : top + SIDE, left : left + SIDE]


def test_the_label_is_white_where_the_mitosis_is_and_the_line_runs_round_it() -> None:
    image, label = (part[STRIP:] for part in figure7.pair(square(40, 100, 20, (256, 256))))
    expected = np.zeros((SIDE, SIDE), bool)
    expected[200:240, 80:120] = True
    assert (np.abs(label.astype(int) - 255 * expected[..., None]) > 0).any(axis=-1).sum() < 4 * 4 * 40  # soft edges
    assert set(np.unique(label)) == {0, 255}
    line = (image == TRUTH).all(axis=-1)
    assert not line[204:236, 84:116].any()
    assert (image[206:234, 86:114] == 128).all()
    rows, columns = np.nonzero(line)
    assert 190 <= rows.min() < rows.max() < 250
    assert 70 <= columns.min() < columns.max() < 130
    assert (image[:180] == 128).all()


def test_a_small_mitosis_of_a_large_field_is_not_lost() -> None:
    record = square(1000, 600, 3, (2048, 2048))
    _, label = figure7.pair(record)
    y, x = np.nonzero(label[STRIP:, :, 0])
    assert 1 <= len(x) <= 4
    assert {*x} <= {250, 251}
    assert {*y} <= {150, 151}


def test_a_ring_that_no_loss_counts_is_not_shown() -> None:
    record = square(40, 100, 20, (256, 256))
    ringed = replace(record, figures=(replace(record.figures[0], ring=Circle(50, 110, 60)),))
    assert (ringed.mask() > 0).sum() > 10_000
    for one, other in zip(figure7.pair(record), figure7.pair(ringed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_fields_of_any_shape_stand_in_the_middle_of_a_square() -> None:
    wide = titled(fitted(np.zeros((100, 200, 3), np.uint8)), "wide")[STRIP:]
    dark = (wide == 0).all(axis=-1)
    assert dark[128:384].all()
    assert dark.sum() == 256 * 512
    assert fitted(np.zeros((3000, 10), np.uint8)).shape == (SIDE, 2)
    image = np.full((64, 64, 3), 9, np.uint8)
    assert (outlined(image, np.zeros((64, 64), np.uint8)) == 9).all()


def test_figure_7_of_drawn_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    figure7.main(["fields=3", *DRAWN])
    assert capsys.readouterr().out.startswith("prepared/synthetic/figure7.png: 3 fields of synthetic with ")
    picture = read_image(tmp_path / "prepared/synthetic/figure7.png")
    assert picture.shape == (2 * (SIDE + STRIP) + GAP, 4 * SIDE + 3 * GAP, 3)
    assert set(np.unique(panel(picture, 0, 1))) == set(np.unique(panel(picture, 1, 1))) == {0, 255}
    assert (panel(picture, 0, 0) == TRUTH).all(axis=-1).any()
    assert (panel(picture, 1, 2) == 255).all()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["figure7.png"]


def test_figure_8_of_files(tmp_path: Path, capsys) -> None:
    root, output = tmp_path / "ICPR [1]", tmp_path / "a=b.png"
    icpr2012.write(root, icpr2012.training()[:9])
    files = ["data=icpr2012", f"root={root}", "fields=2", f"output={output}"]
    figure8.main([*files, "stain=none"])
    assert capsys.readouterr().out == f"{output}: 2 fields of icpr2012, (a) as they are, (b) after none\n"
    plain = read_image(output)
    assert plain.shape == (2 * (SIDE + STRIP) + GAP, 2 * SIDE + GAP, 3)
    first = fitted(read_image(root / "A00_v2/A00_01.bmp"))
    for row in (0, 1):
        np.testing.assert_array_equal(panel(plain, row, 0), first)
    figure8.main([*files, "stain=reinhard"])
    stained = read_image(output)
    np.testing.assert_array_equal(panel(stained, 0, 1), panel(plain, 0, 1))
    assert np.abs(panel(stained, 1, 1).astype(int) - panel(plain, 1, 1)).mean() > 3


def test_figure_1_shows_labelled_look_alikes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    figure1.main(["cells=3", *DRAWN])
    said = "prepared/synthetic/figure1.png: of synthetic, 3 mitoses above, 3 labelled look-alikes below\n"
    assert capsys.readouterr().out == said
    picture = read_image(tmp_path / "prepared/synthetic/figure1.png")
    assert picture.shape == (2 * (CELL + STRIP), 3 * CELL + 2 * GAP, 3)
    figures = draw_field(seed=0, case=0, index=0, size=128)
    for top, point in ((0, figures.figures[0].centroid), (CELL + STRIP, figures.hard_negatives[0])):
        expected = cell(figures.image, (float(point[0]), float(point[1])), 0.25)
        np.testing.assert_array_equal(picture[top + STRIP : top + STRIP + CELL, :CELL], expected)


def test_figure_1_shows_dark_nuclei_where_no_look_alike_is_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(figure1, "lookalikes", lambda record: [])
    figure1.main(["cells=2", f"output={tmp_path / 'a.png'}", "size=256", *DRAWN[1:]])
    assert "2 mitoses above, 2 dark nuclei without a label below" in capsys.readouterr().out


def test_a_dark_nucleus_is_far_from_labels_and_edges() -> None:
    """A cell is 64 pixels wide: of the discs one is labelled, one too near it, and one too near the edge."""
    record = square(90, 90, 20, (400, 400))
    image = np.full((400, 400, 3), 220, np.uint8)
    for x, y, grey in ((100, 100, 20), (150, 100, 20), (20, 300, 20), (300, 100, 60), (300, 300, 40)):
        cv2.circle(image, (x, y), 12, (grey,) * 3, -1)
    found = figure1.dark_nuclei(replace(record, read=lambda: image))
    np.testing.assert_allclose(found[:2], [[300, 300], [300, 100]], atol=1)
    assert (np.hypot(*(found - [100, 100]).T) > 64).all()
    assert not len(figure1.dark_nuclei(square(90, 90, 20, (400, 400)))), "a flat field holds none"


def test_cells_come_from_the_fields_in_turn() -> None:
    """Two fields with two points each; the third point is the second of the first field."""
    records = [replace(square(10, 10, 3, (64, 64), name), case=name) for name in "ab"]
    points = {"a": np.array([[1.0, 1], [2, 2]]), "b": np.array([[3.0, 3], [4, 4]])}
    shown: list[tuple[float, float]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure1, "cell", lambda image, point, mpp: shown.append(point))
        figure1.in_turn(records, lambda record: points[record.field], 3)
    assert shown == [(1, 1), (3, 3), (2, 2)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data=gmzh"], "data=gmzh: no such choice; type data= with one of amida13, "),
        (["data=icpr2012"], "data.root=DIR is not set"),
        (["data=icpr2012", "root=no"], "data.root=no: no such folder"),
        (["root=."], "data.root: there is no such key"),
        (["fields=0", *DRAWN], "fields=0: give a whole number, 1 or more"),
        (["fields=few", *DRAWN], "fields=few: give a whole number"),
        (["synthetic"], "synthetic: type synthetic=VALUE"),
        (["output=folder", *DRAWN], "folder: Is a directory"),
    ],
)
def test_mistakes(arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    assert refusal(figure7, arguments, tmp_path, monkeypatch).startswith(f"mitosis: {said}")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_mistakes_with_a_stain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(figure8, ["stain=makenko"], tmp_path, monkeypatch)
    assert said.startswith("mitosis: stain=makenko: no such choice; type stain= with one of macenko")
    assert "fields=0: give a whole number" in refusal(figure8, ["fields=0", *DRAWN], tmp_path, monkeypatch)
    assert "cells=0: give a whole number" in refusal(figure1, ["cells=0"], tmp_path, monkeypatch)
    monkeypatch.setattr(figure1, "mitoses", lambda record: [])
    said = refusal(figure1, DRAWN, tmp_path, monkeypatch)
    assert said == "mitosis: data=synthetic: no mitosis is labelled in its fields; give a dataset with labels"
    assert not list(tmp_path.iterdir())


def refusal(figure: ModuleType, arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the script ends with, in one line."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["figure.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        script.run(figure.main)
    assert "\n" not in str(stop.value)
    return str(stop.value)
