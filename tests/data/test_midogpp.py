"""MIDOG++ from a miniature of its folder: records, refusals and their messages."""

import os
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from arguments import arguments
from miniature import SIZE, drawn
from miniature.midog import box
from miniature.midogpp import write
from PIL import Image
from sklearn.model_selection import StratifiedKFold

from mitosis.data.fold.stratify import stratified, terciles
from mitosis.data.midogpp import SEED, MIDOGpp
from mitosis.errors import InputError
from mitosis.label import midog
from mitosis.label.midogpp import read_split

ARGUMENTS = arguments(folds=None)


def refusal(root: Path | None) -> str:
    with pytest.raises(InputError) as error:
        MIDOGpp(root, **ARGUMENTS).records()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_boxes_are_corners_and_become_discs(tmp_path):
    root = write(tmp_path / "ein Ördner", (1, 2), [box(1, 40, 90.5), box(1, 100, 20, 2), box(2, 1, 60)])
    first, second = MIDOGpp(root, **ARGUMENTS).records()
    assert (first.field, first.case, first.size, first.scanner, first.mpp) == (
        *("001", "001", (SIZE, SIZE)),
        *("Hamamatsu S360", 0.23),
    )
    assert (second.scanner, second.mpp) == ("Aperio CS2", 0.25)
    np.testing.assert_allclose(first.centroids, [[40, 90.5]], atol=0.1)
    np.testing.assert_array_equal(first.hard_negatives, [[100, 20]])
    assert first.mask().sum() == pytest.approx(np.pi * (4 / 0.23) ** 2, rel=0.05)
    assert len(second.figures) == 1
    assert second.hard_negatives.shape == (0, 2)
    np.testing.assert_array_equal(first.read(), drawn())
    small = MIDOGpp(root, radius_um=1.0, **ARGUMENTS).records()[1]
    assert small.mask().sum() < 60
    ringed = MIDOGpp(root, ring_um=8.0, **ARGUMENTS).records()[0]
    assert (ringed.mask() != 0).sum() == pytest.approx(np.pi * (8 / 0.23) ** 2, rel=0.05)
    np.testing.assert_array_equal(ringed.mask() == 1, first.mask() == 1)


def test_unlabelled_images_are_not_negatives(tmp_path):
    write(tmp_path, (1, 2, 151, 200, 201), [box(1, 40, 40)])
    (tmp_path / "151.tiff").unlink()
    assert [item.field for item in MIDOGpp(tmp_path, **ARGUMENTS).records()] == ["001", "002", "201"]


def test_centres_outside_their_image_are_left_out_and_counted_once(tmp_path):
    write(tmp_path, (1, 2), [box(1, -2, 40), box(2, 40, SIZE, 2), box(2, 0, 0)])
    with pytest.warns(UserWarning, match=r"^2 annotation\(s\) .*\(-2, 40\) in 001.tiff; \(40, 128\)") as caught:
        first, second = MIDOGpp(tmp_path, **ARGUMENTS).records()
    assert len(caught) == 1
    assert not first.figures
    assert len(second.figures) == 1
    assert len(second.hard_negatives) == 0


def test_every_fold_tests_on_the_published_test_part(tmp_path):
    write(tmp_path, tuple(range(1, 24)), [box(n, 40, 40) for n in range(1, 24, 2)])
    parts = MIDOGpp(tmp_path, **ARGUMENTS | {"fold": "official"}).parts
    assert [item.case for item in parts.test] == ["003", "013", "023"]
    assert len(parts.val) == 4
    validated = []
    for fold in range(5):
        parts = MIDOGpp(tmp_path, **ARGUMENTS | {"fold": fold}).parts
        assert [item.case for item in parts.test] == ["003", "013", "023"]
        assert len(parts.train) == 16
        assert 1 <= sum(len(item.figures) for item in parts.val) <= 3
        validated += [item.case for item in parts.val]
    assert sorted(validated) == [f"{n:03d}" for n in range(1, 24) if n % 10 != 3]


def test_a_users_csv_replaces_the_folds(tmp_path):
    root = write(tmp_path / "root", (1, 2, 3, 4), [])
    rows = ["fold,part,field", "7,train,001", "7,train,002", "7,val,003", "7,test,004"]
    (tmp_path / "folds.csv").write_text("\n".join(rows))
    parts = MIDOGpp(root, **ARGUMENTS | {"fold": 7, "folds": str(tmp_path / "folds.csv")}).parts
    assert [item.case for item in parts.train + parts.val + parts.test] == ["001", "002", "003", "004"]


def test_names_in_other_cases_and_folders_are_found(tmp_path):
    write(tmp_path, (1, 2), [])
    (tmp_path / "deep").mkdir()
    (tmp_path / "001.tiff").rename(tmp_path / "deep/001.TIF")
    (tmp_path / "MIDOG++.json").rename(tmp_path / "deep/midog++.JSON")
    assert len(MIDOGpp(tmp_path, **ARGUMENTS).records()) == 2


def test_missing_files_are_named(tmp_path):
    assert "data.root=DIR is not set: DIR is the folder that holds MIDOG++.json" in refusal(None)
    with zipfile.ZipFile(tmp_path / "MIDOG.zip", "w") as archive:
        archive.writestr("x", "x")
    assert "MIDOG.zip is an archive: unpack it" in refusal(tmp_path / "MIDOG.zip")
    root = write(tmp_path / "a", (1, 2, 4), [])
    (root / "002.tiff").unlink()
    assert "1 of 3 labelled images missing: 002.tiff" in refusal(root)
    (root / "datasets_xvalidation.csv").unlink()
    Image.fromarray(drawn()).save(root / "002.tiff")
    assert "no datasets_xvalidation.csv in it" in refusal(root)
    (root / "MIDOG++.json").unlink()
    assert "no MIDOG++.json in it" in refusal(root)
    root = write(tmp_path / "b", (1, 2), [])
    Image.fromarray(drawn()).save(root / "001.png")
    assert "001.png and" in refusal(root)
    assert "001.tiff; remove one" in refusal(root)
    (root / "001.png").unlink()
    Image.fromarray(drawn()[:100]).save(root / "001.tiff")
    assert "128 x 100 pixels, and its labels are of an image of 128 x 128" in refusal(root)
    with pytest.raises(InputError, match=r"data.radius_um=0: give micrometres"):
        MIDOGpp(write(root, (1, 2), []), radius_um=0, **ARGUMENTS).records()
    with pytest.raises(InputError, match=r"data.ring_um=2: give more micrometres than data.radius_um=4, or null"):
        MIDOGpp(root, ring_um=2, **ARGUMENTS).records()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"bbox": [30, 40, 20, 20]}, "annotation 2 .*ends before it begins"),  # as x, y, width, height would
        ({"bbox": [1, 2, 3]}, "annotation 2 .*is not four numbers"),
        ({"bbox": [1, 2, "x", 4]}, "annotation 2 .*is not four numbers"),
        ({"bbox": [1, 2, float("nan"), 4]}, "annotation 2 .*is not four numbers"),
        ({"category_id": 3}, "annotation 2 .*the class 3 is not known"),
        ({"image_id": 77}, "annotation 2 .*77, is that of no image"),
    ],
)
def test_a_broken_box_is_named(tmp_path, entry, message):
    root = write(tmp_path, (1,), [box(1, 40, 40), box(1, 40, 40) | entry])
    with pytest.raises(InputError, match=message):
        midog.read(root / "MIDOG++.json")


@pytest.mark.parametrize("text", ["", "[1]", '{"images": []}', '{"images": [{"id": 1}], "annotations": []}', "\x00"])
def test_a_broken_json_is_named(tmp_path, text):
    (tmp_path / "MIDOG++.json").write_text(text)
    with pytest.raises(InputError, match=r"MIDOG\+\+.json[:,] "):
        midog.read(tmp_path / "MIDOG++.json")


@pytest.mark.parametrize("row", ["x;train;t;s", "1;valid;t;s", "1", "1;train"])
def test_a_broken_split_is_named(tmp_path, row):
    path = tmp_path / "datasets_xvalidation.csv"
    path.write_text(f"Slide;Dataset;Tumor;Scanner\n1;train;t;s\n{row}\n")
    with pytest.raises(InputError, match=r"datasets_xvalidation.csv, row 3: "):
        read_split(path)


def test_the_counts_of_the_parts_add_up():
    inventory = MIDOGpp.inventory
    assert sum(part.fields or 0 for part in inventory.parts) == inventory.fields
    assert sum(part.mitoses or 0 for part in inventory.parts) == inventory.mitoses
    assert sum(part.hard_negatives or 0 for part in inventory.parts) == inventory.hard_negatives


def test_the_real_labels():
    if not (data := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds labels/midogpp, is not set")
    folder, (training, test) = Path(data) / "labels/midogpp", MIDOGpp.inventory.parts
    labels, slides = (
        midog.read(folder / "MIDOG++.json", MIDOGpp.UNLABELLED),
        read_split(folder / "datasets_xvalidation.csv"),
    )
    mitotic = [cell.mitotic for cell in labels.annotations]
    assert (len(labels.sizes), sum(mitotic), mitotic.count(False)) == (503, 11_937, 14_349)
    assert {int(name[:3]) for name in labels.sizes} == slides.keys()
    for part in (training, test):
        own = [cell.mitotic for cell in labels.annotations if slides[int(cell.image[:3])].test == (part is test)]
        assert sum(slide.test == (part is test) for slide in slides.values()) == part.fields
        assert (sum(own), own.count(False)) == (part.mitoses, part.hard_negatives)
    mitoses = Counter(cell.image for cell in labels.annotations if cell.mitotic)
    names = [name for name in sorted(labels.sizes) if not slides[int(name[:3])].test]
    counts = [mitoses[name] for name in names]
    drawn = stratified(terciles(counts), 5, SEED)
    held_out = StratifiedKFold(5, shuffle=True, random_state=42).split(counts, terciles(counts))
    for fold, (_, own) in enumerate(held_out):
        assert own.tolist() == np.flatnonzero(drawn == fold).tolist()
    assert np.bincount(drawn, weights=counts).tolist() == [1669, 1711, 2139, 1935, 2016]
    sizes = {name: size or (0, 0) for name, size in labels.sizes.items()}
    outside = [c for c in labels.annotations if not (0 <= c.x < sizes[c.image][1] and 0 <= c.y < sizes[c.image][0])]
    assert sorted(cell.image for cell in outside) == ["305.tiff", "309.tiff"]
