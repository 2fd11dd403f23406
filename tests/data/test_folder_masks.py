"""A user's own masks and lists of pixels."""

from pathlib import Path

import numpy as np
import pytest
from own_images import HEIGHT, WIDTH, picture, records, refusal, save_mask
from PIL import Image


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_masks_next_to_their_images_and_in_a_separate_folder(root: Path) -> None:
    save_mask(root / "p1/a_mask.png", (2, 2, 255), (5, 5, 1), (20, 20, 7))  # the first two touch at a corner
    save_mask(root / "p2/b_mask.tif", (2, 2, 1), dtype=np.uint16)
    with pytest.warns(UserWarning, match="1 of 3 images have no mask file: unlabelled, left out"):
        by_name = records(root)
    np.testing.assert_allclose(by_name["a"].centroids, [[4.5, 4.5], [21, 21]])
    assert by_name.keys() == {"a", "b"}
    assert by_name["a"].mask().sum() == 27
    assert len(by_name["b"].figures) == 1

    (root / "masks").mkdir()
    for name in ("p1/a_mask.png", "p2/b_mask.tif"):
        (root / name).rename(root / "masks" / name[3:].replace("_mask", ""))
    save_mask(root / "masks/c.bmp")
    with pytest.warns(UserWarning, match="1 of 3 images have masks of several values"):
        by_name = records(root, labels="masks")
    assert {name: len(item.figures) for name, item in by_name.items()} == {"a": 2, "b": 1, "c": 0}
    with pytest.warns(UserWarning, match="several values"):
        assert records(root, labels=str(root / "masks"), format="mask").keys() == by_name.keys()


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
@pytest.mark.parametrize("kind", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_every_pixel_that_is_not_black_is_a_mitosis(tmp_path: Path, kind: str) -> None:
    picture(tmp_path / "a.png")
    grey = np.zeros((HEIGHT, WIDTH), np.uint8)
    grey[10:13, 20:23] = 255
    Image.fromarray(grey).convert(kind).save(tmp_path / "a_mask.png")
    np.testing.assert_allclose(records(tmp_path)["a"].centroids, [[21, 11]])


def test_invalid_masks_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    save_mask(tmp_path / "a_mask.png", size=(HEIGHT, WIDTH + 1))
    assert "a_mask.png: the mask and a.png are 61 x 40 and 60 x 40 pixels" in refusal(tmp_path)
    (tmp_path / "a_mask.png").unlink()
    save_mask(tmp_path / "a_mask.jpg")
    assert "save masks as .png" in refusal(tmp_path)
    save_mask(tmp_path / "a_mask.png")
    assert "two label files of one image" in refusal(tmp_path)


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_pixel_lists(root: Path) -> None:
    (root / "p1/a.csv").write_text("1,2,2,2\n10,10\n-1,3,0,3,1,3\n")
    (root / "p2/b.csv").write_text("")
    (root / "notes.csv").write_text("nothing of an image's name")
    with pytest.warns(UserWarning, match="1 of 3 images have no pixels file"):
        by_name = records(root)
    np.testing.assert_allclose(by_name["a"].centroids, [[1.5, 2], [10, 10], [0.5, 3]])  # pixels outside are cut off
    with pytest.warns(UserWarning, match="1 of 3 images have no pixels file"):
        assert records(root, labels=".").keys() == by_name.keys()
    assert records(root / "p1", labels="../p1", format="pixels").keys() == {"a"}
    assert len(by_name["b"].figures) == 0
    assert "c" not in by_name


@pytest.mark.filterwarnings("ignore:.*have mitoses shorter")
def test_what_systems_leave_is_no_image_case_or_label(tmp_path: Path) -> None:
    picture(tmp_path / "in/a.png")
    for left in (".ipynb_checkpoints/a-checkpoint.png", "__MACOSX/b.png", "@eaDir/c.png", ".thumbnails/d.png"):
        picture(tmp_path / "in" / left)
    labels = tmp_path / "in/labels"
    labels.mkdir()
    for name in ("a.csv", ".ipynb_checkpoints/a.csv", "__MACOSX/b.csv"):
        (labels / name).parent.mkdir(exist_ok=True)
        (labels / name).write_text("5,5,6,5\n")
    (labels / "._a.csv").write_bytes(b"\0\5\x16\7")
    assert {name: len(item.figures) for name, item in records(tmp_path / "in", labels="labels").items()} == {"a": 1}


def test_masks_that_are_not_what_they_seem(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    disc = np.zeros((HEIGHT, WIDTH), np.uint8)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc[np.hypot(x - 30, y - 20) < 8] = 255
    framed = disc.copy()
    framed[[0, -1]] = framed[:, [0, -1]] = 255
    for mask, said in (
        (255 - disc, "a: 92% of it is labelled as mitosis"),
        (framed, "a: one mitosis reaches all four"),
    ):
        Image.fromarray(mask).save(tmp_path / "a_mask.png")
        assert said in refusal(tmp_path)
    Image.fromarray(disc).save(tmp_path / "a.jpg", quality=50)
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a_mask.png")
    (tmp_path / "a.jpg").unlink()
    with pytest.warns(
        UserWarning, match=r"1 of 1 images have masks of many grey values, as from a JPEG.*a_mask\.png \("
    ):
        records(tmp_path)
    Image.fromarray(disc).save(tmp_path / "a_mask.png")
    assert len(records(tmp_path)["a"].figures) == 1
    disc[:8, :8] = 2
    Image.fromarray(disc).save(tmp_path / "a_mask.png")
    with pytest.warns(
        UserWarning, match=r"1 of 1 images have masks of several values, as of classes.*a_mask\.png \(2 v"
    ):
        assert len(records(tmp_path)["a"].figures) == 2
