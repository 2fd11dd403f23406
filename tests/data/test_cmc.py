"""CMC from a miniature: three folds by slide number; everything else as in ``test_ccmct``."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arguments import arguments
from miniature.cmc import NUMBERS

from mitosis.data.cmc import CMC, FOLDS, TEST, TRAIN
from mitosis.data.drawing.field import draw_field
from mitosis.errors import InputError


def cmc(root: Path, **kwargs: Any) -> CMC:
    return CMC(root, **arguments(**{"fold": "0", "folds": None, "labels": "CODAEL"} | kwargs))  # pyright: ignore


@pytest.fixture
def root(tmp_path: Path, write_slide: Callable[..., Path]) -> Path:
    """All 21 slides, each with a mitosis, a look-alike and a tumour region."""
    image = draw_field(seed=0, case=0, index=0, size=256).image
    slides = dict(zip(NUMBERS, sorted((*TRAIN, *TEST)), strict=True))
    base = sqlite3.connect(tmp_path / "MITOS_WSI_CMC_CODAEL_TR.sqlite")
    base.executescript(
        """CREATE TABLE Slides (uid INTEGER PRIMARY KEY, filename TEXT, width INTEGER, height INTEGER);
        CREATE TABLE Classes (uid INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE Annotations (uid INTEGER PRIMARY KEY, slide INTEGER, type INTEGER, agreedClass INTEGER);
        CREATE TABLE Annotations_coordinates
            (uid INTEGER PRIMARY KEY, coordinateX INTEGER, coordinateY INTEGER, annoId INTEGER, orderIdx INTEGER);
        INSERT INTO Classes VALUES (1, 'Non-mitotic'), (2, 'Mitotic'), (4, 'Tumor region');"""
    )
    for number, name in slides.items():
        write_slide(tmp_path / f"{name}.svs", image, levels=(1,))
        base.execute("INSERT INTO Slides VALUES (?, ?, 256, 256)", (number, f"{name}.svs"))
        for kind, form in ((1, 1), (2, 1), (4, 3)):
            uid = 10 * number + kind
            base.execute("INSERT INTO Annotations VALUES (?, ?, ?, ?)", (uid, number, form, kind))
            for corner in range(form):
                place = 100 + 20 * kind + 5 * corner
                base.execute("INSERT INTO Annotations_coordinates VALUES (NULL, ?, 90, ?, ?)", (place, uid, corner))
    base.commit()
    base.close()
    return tmp_path


def test_three_folds_by_number_and_the_official_one(root: Path) -> None:
    data = cmc(root)
    records = data.records()
    assert len(records) == 21
    assert all(len(r.figures) == len(r.hard_negatives) == 1 for r in records)
    assert np.allclose(records[0].centroids, [[140, 90]])
    assert records[0].hard_negatives.tolist() == [[120, 90]]
    slides = dict(zip(NUMBERS, sorted((*TRAIN, *TEST)), strict=True))
    lists = data.lists(records)
    assert set(lists) == {"official", "0", "1", "2"}
    for fold, numbers in enumerate(FOLDS):
        assert {name[:20] for name in lists[str(fold)]["test"]} == {slides[number] for number in numbers}
        assert len(lists[str(fold)]["train"]) == 11
        assert len(lists[str(fold)]["val"]) == 3
        assert len(cmc(root, fold=fold).parts.test) == 7
    assert {name[:20] for name in lists["official"]["test"]} == set(TEST)


def test_a_users_own_folds_are_read(root: Path, tmp_path: Path) -> None:
    record, other, third = (record.field for record in cmc(root).records()[:3])
    table = tmp_path / "own.csv"
    table.write_text(f"fold,part,field\n0,train,{record}\n0,val,{other}\n0,test,{third}\n")
    assert set(cmc(root, folds=str(table)).lists(cmc(root).records())) == {"0"}


def test_inventories_hold_the_published_counts() -> None:
    assert len(TRAIN) == 14
    assert len(TEST) == 7
    assert len({*TRAIN, *TEST}) == 21
    assert len(set(NUMBERS)) == 21
    for labels, mitoses, others in (("MEL", 13_327, 26_541), ("ODAEL", 14_154, 36_132), ("CODAEL", 13_937, 36_349)):
        assert (CMC.INVENTORIES[labels].mitoses, CMC.INVENTORIES[labels].hard_negatives) == (mitoses, others)


def test_a_fold_with_missing_test_slides_is_refused(root: Path) -> None:
    for name in TEST:
        (root / f"{name}.svs").unlink()
    with pytest.raises(InputError, match="fold=0: .* test fields are not under data.root"):
        _ = cmc(root).parts
    assert cmc(root, fold="official").parts.test_absent
