"""Circles and squares on a picture."""

import numpy as np
import pytest

from mitosis.image.file import read_image
from mitosis.output.overlay import ACCEPTED, REJECTED, TRUTH, draw, write_picture

WHITE = np.full((200, 300, 3), 255, np.uint8)
NONE, NOBODY = np.zeros((0, 2)), np.zeros(0, bool)


def ring(picture, x, y, radius):
    """The colours found on a circle, those of at least a quarter of it."""
    angles = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    columns, rows = np.rint(x + radius * np.cos(angles)), np.rint(y + radius * np.sin(angles))
    colours, counts = np.unique(picture[rows.astype(int), columns.astype(int)], axis=0, return_counts=True)
    return {tuple(map(int, colour)) for colour, count in zip(colours, counts, strict=True) if count >= 20}


def test_colours_are_drawn_at_the_circles():
    # 10 µm at 0.25 µm per pixel are 40 pixels.
    picture = draw(
        WHITE, np.array([[80.4, 99.6], [220, 100]]), np.array([True, False]), mpp=0.25, truths=np.array([[80.0, 100.0]])
    )
    assert ring(picture, 80, 100, 40) == {ACCEPTED}
    assert ring(picture, 220, 100, 40) == {REJECTED}
    assert ring(picture, 80, 100, 30) == {(255, 255, 255)}
    assert (picture[100, 80] == 255).all()
    for x, y in ((40, 62), (120, 62), (42, 60), (118, 140)):
        assert tuple(picture[y, x]) == TRUTH
    assert ring(picture, 150, 100, 10) == {(255, 255, 255)}


def test_an_accepted_circle_is_thicker_than_a_rejected_one():
    centre = np.array([[100, 100]])
    taken, thrown = (draw(WHITE, centre, np.array([value]), mpp=0.25) for value in (True, False))
    assert (taken != 255).any(axis=-1).sum() > 1.3 * (thrown != 255).any(axis=-1).sum()


def test_the_input_is_not_modified():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    before = image.copy()
    image.flags.writeable = False
    picture = draw(image[:, ::-1], np.array([[32.0, 32.0]]), np.array([True]), mpp=1.0, truths=np.array([[32.0, 32.0]]))
    assert np.array_equal(image, before)
    assert not np.array_equal(picture, image[:, ::-1])
    assert np.array_equal(draw(image, NONE, NOBODY, mpp=1.0), image)


@pytest.mark.parametrize("far", [-50.0, -1e5, 1e5, 3e9, -1e300])
def test_points_outside_of_the_picture(far):
    points = np.array([[far, 10], [10, far], [far, far]])
    picture = draw(WHITE, points, np.array([True, False, True]), mpp=0.25, truths=points)
    assert np.array_equal(picture, WHITE)


def test_a_partly_visible_circle_is_drawn():
    picture = draw(WHITE, np.array([[-30.0, 100.0]]), np.array([True]), mpp=0.25)
    assert tuple(picture[100, 10]) == ACCEPTED


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1)])
@pytest.mark.parametrize("mpp", [0.05, 2.0])
def test_thin_pictures(size, mpp):
    picture = draw(np.zeros((*size, 3), np.uint8), np.zeros((1, 2)), np.array([True]), mpp=mpp)
    assert picture.shape == (*size, 3)


def test_a_written_picture_round_trips(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    path = tmp_path / "new" / "a (1), 'x' [2].tif.png"
    for _ in range(2):  # and replaced
        write_picture(path, picture)
    assert np.array_equal(read_image(path), picture)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
