"""Conversion between label formats: round trips of everything that a format stores, and refusals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mitosis.errors import InputError
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.conversion import BOXED, EITHER, SHAPES, fit, left_behind
from mitosis.label.formats import PER_IMAGE, TABLES, read_all
from mitosis.label.shape import bounds

ANY_PLACE = sorted(SHAPES.keys() - {"yolo"})
"""Formats whose cells may reach out of an image and whose images may have no known size."""
# Centres lie inside the image; shapes may extend beyond it.
QUARTERS = st.integers(0, 800).map(lambda number: number / 4)
NAMES = st.lists(
    st.sampled_from(["a", "b, 1", "Ärzte (2)", 'say "x"', "deep/c", "O'Neil=[3]"]), min_size=1, max_size=4, unique=True
)


@st.composite
def cells(draw: st.DrawFn, image: str) -> Annotation:
    """A cell with only a centre, or also with a box, a triangle or pixels around it."""
    x, y, kind = draw(QUARTERS), draw(QUARTERS), draw(st.sampled_from(["point", "box", "outline", "pixels"]))
    mitotic = draw(st.booleans())
    if kind == "box":
        half_width, half_height = draw(st.integers(0, 200)) / 4, draw(st.integers(0, 200)) / 4
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        return Annotation(image, mitotic, x, y, box=box)
    if kind == "outline":
        corner = draw(st.integers(1, 40)) * 3
        outline = np.array([[x - corner, y - corner], [x + 2 * corner, y - corner], [x - corner, y + 2 * corner]])
        return Annotation(image, mitotic, x, y, outline=outline)
    if kind == "pixels":
        offsets = draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
        pixels = np.array(sorted(offsets), dtype=np.int32) + np.array([int(x), int(y)], dtype=np.int32)
        return Annotation(image, mitotic, *map(float, pixels.mean(axis=0)), pixels=pixels)
    return Annotation(image, mitotic, x, y)


@st.composite
def label_files(draw: st.DrawFn) -> Labels:
    names = draw(NAMES)
    collected = [cell for name in names for cell in draw(st.lists(cells(name), max_size=4))]
    return Labels(tuple(collected), {name: draw(st.sampled_from([None, (300, 400)])) for name in names})


def written(labels: Labels, to: str, folder: Path) -> Labels:
    path = folder / f"labels-{len(list(folder.iterdir()))}"
    (TABLES | PER_IMAGE)[to].write(labels, path)
    return read_all(path, to)


def same(one: Labels, other: Labels, to: str) -> None:
    """Assert that the labels agree in everything that format ``to`` stores, with the same order within each image."""
    assert one.sizes.keys() == other.sizes.keys()
    if to in ("coco", "midog", "cvat", "labelme", "voc"):
        assert one.sizes == other.sizes
    for image in one.sizes:
        own = one.of(image)
        if to == "aperio":  # its layers hold mitoses first
            own = sorted(own, key=lambda cell: not cell.mitotic)
        for a, b in zip(own, other.of(image), strict=True):
            assert a.mitotic == b.mitotic
            if to in EITHER:
                assert [shape is None for shape in (a.box, a.outline, a.pixels)] == [
                    shape is None for shape in (b.box, b.outline, b.pixels)
                ]
                if a.box is not None:
                    assert b.box == pytest.approx(a.box)
                if a.pixels is not None:
                    assert set(map(tuple, a.pixels.tolist())) == set(map(tuple, b.pixels.tolist()))  # pyright: ignore
                elif a.outline is None:
                    assert (b.x, b.y) == pytest.approx((a.x, a.y))
            elif "box" in SHAPES[to]:
                assert a.box is not None
                assert b.box == pytest.approx(a.box)
                assert (b.x, b.y) == pytest.approx(((a.box[0] + a.box[2]) / 2, (a.box[1] + a.box[3]) / 2))
            elif to in ("points", "pixels"):
                assert (b.x, b.y) == pytest.approx((a.x, a.y) if a.pixels is None else a.pixels.mean(axis=0))
            if "outline" in SHAPES[to] and a.outline is not None:
                np.testing.assert_allclose(b.outline, a.outline)  # pyright: ignore
            if to == "pixels":
                assert a.pixels is not None
                assert b.pixels is not None
                np.testing.assert_array_equal(b.pixels, a.pixels)


@settings(deadline=None, max_examples=80)
@given(label_files(), st.sampled_from(ANY_PLACE), st.sampled_from(ANY_PLACE))
def test_round_trips(tmp_path_factory: pytest.TempPathFactory, labels: Labels, first: str, second: str) -> None:
    folder = tmp_path_factory.mktemp("round")
    cells = [cell for image in labels.sizes for cell in labels.of(image)]
    assume(not cells or any(max(cell.x, cell.y) > 3 for cell in cells))  # all in the first pixel is refused as shares
    fitted = fit(labels, first, radius_um=5, mpp=0.5)
    once = written(fitted, first, folder)
    same(fitted, once, first)
    same(once, written(fit(once, first), first, folder), first)  # needs no radius any more
    on = fit(once, second, radius_um=5, mpp=0.5)
    if on.sizes or second in TABLES:  # without images there is no file
        same(on, written(on, second, folder), second)


@settings(deadline=None, max_examples=20)
@given(label_files(), st.sampled_from(["boxes", "coco"]))
def test_classes_and_centres_survive_every_conversion(
    tmp_path_factory: pytest.TempPathFactory, labels: Labels, through: str
) -> None:
    folder = tmp_path_factory.mktemp("round")
    as_points = Labels(tuple(Annotation(c.image, c.mitotic, c.x, c.y) for c in labels.annotations), labels.sizes)
    back = written(fit(as_points, through, radius_um=2, mpp=0.25), through, folder)
    same(as_points, fit(back, "points"), "points")


@pytest.mark.parametrize("to", sorted(TABLES))
def test_a_file_without_images_is_read_again(tmp_path: Path, to: str) -> None:
    same(Labels((), {}), written(Labels((), {}), to, tmp_path), to)


def test_files_are_the_same_every_time(tmp_path: Path) -> None:
    pixels = np.array([[1, 2], [2, 2]], dtype=np.int32)
    labels = Labels((Annotation("b", True, 1.5, 2, pixels=pixels),), {"b": None})
    for to in ANY_PLACE:
        collected = []
        for number in range(2):
            (TABLES | PER_IMAGE)[to].write(fit(labels, to), path := tmp_path / f"{to}{number}")
            collected.append([file.read_bytes() for file in (sorted(path.iterdir()) if path.is_dir() else [path])])
        assert collected[0] == collected[1]


def test_shapes_made_for_a_format_by_hand() -> None:
    pixels = np.array([[1, 2], [3, 2]], dtype=np.int32)
    outline = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [0.0, 2.0]])
    labels = Labels(
        (
            Annotation("a", True, 2, 2, pixels=pixels),
            Annotation("a", False, 9, 9),
            Annotation("b", True, 2, 1, outline=outline),
        ),
        {"a": None, "b": (2, 3), "c": None},
    )
    assert [cell.box for cell in fit(labels, "boxes", 1, 0.5).annotations] == [
        (0.5, 1.5, 3.5, 2.5),
        (7, 7, 11, 11),
        (0, 0, 4, 2),
    ]
    listed = fit(labels, "pixels")
    assert [len(cell.pixels) for cell in listed.annotations if cell.pixels is not None] == [2, 15]
    assert left_behind(labels, listed, "pixels") == ["left behind, for pixels cannot hold them: 1 hard negatives"]
    assert fit(labels, "midog", 1, 0.5).sizes.keys() == {"a", "b"}
    assert left_behind(labels, fit(labels, "points"), "points") == [
        "left behind, for points cannot hold them: 1 outlines",
        "left behind, for points cannot hold them: 1 pixels of cells",
    ]
    (cell,) = fit(Labels((Annotation("a", True, 0, 0),), {"a": (50, 50)}), "pixels", 1, 0.5).annotations
    assert cell.pixels is not None
    assert bounds(None, cell.pixels) == (-0.5, -0.5, 1.5, 1.5)
    thin = Annotation("a", True, 5.2, 4.2, outline=np.array([[5.1, 4.2], [5.3, 4.2], [5.2, 4.3]]))
    (cell,) = fit(Labels((thin,), {"a": None}), "pixels").annotations
    assert cell.pixels is not None
    assert cell.pixels.tolist() == [[5, 4]]
    with pytest.raises(InputError, match=r"a: the cell at \(-5, 0\) lies outside its image"):
        fit(Labels((Annotation("a", True, -5, 0),), {"a": (50, 50)}), "pixels", 1, 0.5)


@pytest.mark.parametrize("to", ["pixels", *BOXED])
@pytest.mark.parametrize("given", [{}, {"radius_um": 4.0}, {"mpp": 0.25}])
def test_a_cell_without_a_shape_needs_a_radius(to: str, given: dict[str, float]) -> None:
    labels = Labels((Annotation("a", True, 9, 9),), {"a": None})
    with pytest.raises(InputError, match=rf"to={to}: the cell at \(9, 9\) of a has no .*; type radius_um=4 mpp=0.25"):
        fit(labels, to, **given)
    assert len(fit(labels, to, 4, 0.25).annotations) == len(fit(labels, "points").annotations) == 1
