"""Joined datasets, of miniatures of ICPR 2012 and MITOS-ATYPIA-14: patients, folds, refusals, and the real data."""

import os
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from arguments import arguments
from miniature import icpr2012, mitos_atypia14
from refused import refused

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.icpr2012 import ICPR2012
from mitosis.data.joined import Joined
from mitosis.data.mitos_atypia14 import MPP, MitosAtypia14
from mitosis.data.record import Record

SHARED = {"mitos-03", "mitos-04"}
FOLDS = ("official", "0", "1", "2", "3", "4", "all")


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The training part of ICPR 2012, scanner A, and a frame of four slides of MITOS-ATYPIA-14, scanner H."""
    one, other = tmp_path_factory.mktemp("icpr"), tmp_path_factory.mktemp("atypia")
    icpr2012.write(one, icpr2012.training())
    for slide in ("03", "04", "05", "18"):
        mitos_atypia14.add(other, f"H{slide}_00Aa", "64,64,1.0\n")
    return one, other


Sets = dict[str, Callable[..., MitosisDataModule]]


def sets(roots: tuple[Path | None, Path | None], folds: str = "slide") -> Sets:
    one, other = (str(root) if root else None for root in roots)
    first = partial(ICPR2012, root=one, folds=folds)
    return {"icpr2012": first, "frames": partial(MitosAtypia14, root=other, scanner="H", folds=None)}


def joined(named: Sets, fold: str = "0", **given: Any) -> Joined:
    return Joined(named, **arguments(fold=fold) | given)


def cases(records: tuple[Record, ...]) -> set[str]:
    return {record.case for record in records}


def frames(records: tuple[Record, ...]) -> list[str]:
    return [record.field for record in records if record.scanner == "H"]


def test_cases_are_patients_and_those_of_the_second_dataset_get_its_name(roots: tuple[Path, Path]) -> None:
    records = joined(sets(roots)).records()
    assert len(records) == 35 + 4
    case = {record.field: record.case for record in records}
    assert (case["A03_02"], case["H03_00Aa"]) == ("mitos-03", "mitos-03")
    assert (case["A04_00"], case["H04_00Aa"]) == ("mitos-04", "mitos-04")
    assert (case["H05_00Aa"], case["H18_00Aa"]) == ("frames:05", "frames:18")
    assert {(record.scanner, record.mpp) for record in records} == {("A", 0.2456), ("H", MPP["H"])}


@pytest.mark.parametrize(
    ("fold", "left_out"),
    [
        ("official", ["H03_00Aa", "H04_00Aa"]),  # its test part, not on disk, is of all five slides
        ("0", []),
        ("1", []),
        ("2", []),
        ("3", ["H03_00Aa"]),  # tests A03
        ("4", ["H04_00Aa"]),  # tests A04
        ("all", []),
    ],
)
def test_the_folds_are_those_of_the_first_dataset(roots: tuple[Path, Path], fold: str, left_out: list[str]) -> None:
    own = ICPR2012(str(roots[0]), **arguments(fold=fold)).parts
    data = joined(sets(roots), fold)
    parts = data.parts
    assert [record.field for record in parts.val] == [record.field for record in own.val]
    assert [record.field for record in parts.test] == [record.field for record in own.test]
    every = {"H03_00Aa", "H04_00Aa", "H05_00Aa", "H18_00Aa"}
    assert set(frames(parts.train)) == every - set(left_out)
    assert len(parts.train) == len(own.train) + 4 - len(left_out)
    assert parts.test_absent == own.test_absent == (fold == "official")
    assert "the folds are those of icpr2012; only train has frames" in parts.note
    assert (f"{len(left_out)} further field(s)" in parts.note) is bool(left_out)
    assert not cases(parts.test) & (cases(parts.train) | cases(parts.val))


@pytest.mark.parametrize("fold", FOLDS)
def test_halves_keep_patients_together(roots: tuple[Path, Path], fold: str) -> None:
    whole = joined(sets(roots), fold).parts
    for half in (0, 1):
        data = joined(sets(roots), fold, half=half)
        assert not cases(data.parts.train) & cases(data.other_half)
        both = [*data.parts.train, *data.other_half]
        assert sorted(record.field for record in both) == sorted(record.field for record in whole.train)
        assert data.parts.train
        assert data.other_half


def test_folds_by_field_leave_out_whoever_is_tested(roots: tuple[Path, Path]) -> None:
    for fold in "01234":
        parts = joined(sets(roots, "image"), fold).parts
        assert cases(parts.test) >= {"mitos-03", "mitos-04"}
        assert frames(parts.train) == ["H05_00Aa", "H18_00Aa"]
        assert "2 further field(s)" in parts.note


def test_the_other_order_takes_the_other_folds(roots: tuple[Path, Path]) -> None:
    turned = dict(reversed(sets(roots).items()))
    parts = joined(turned, "0").parts
    assert (cases(parts.test), cases(parts.val)) == ({"mitos-03"}, {"mitos-04"})  # four slides: 03, 04, 05 and 18
    assert cases(parts.train) == {"05", "18", "mitos-00", "mitos-01", "mitos-02"}
    assert not any(record.scanner == "A" for record in (*parts.val, *parts.test))


def test_a_users_patients_join_further_cases(roots: tuple[Path, Path], tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("dataset,case,patient\nframes,05,mitos-00\nmitos_atypia14,18,mitos-01\n")
    for fold, left_out in (("0", "H05_00Aa"), ("1", "H18_00Aa")):
        data = joined(sets(roots), fold, patients=str(table))
        assert left_out in frames(joined(sets(roots), fold).parts.train)
        assert left_out not in frames(data.parts.train)
        assert len(frames(data.parts.train)) == 3


def test_two_patients_for_one_case_are_refused(roots: tuple[Path, Path], tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("dataset,case,patient\nframes,03,another\n")
    said = refused(joined(sets(roots), patients=str(table)).records)
    assert said == (
        f"data.patients={table}: case 03 of frames and mitos_atypia14 is another and mitos-03; give both one patient"
    )


def test_a_list_that_parts_a_patient_is_refused(roots: tuple[Path, Path], tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    folds = tmp_path / "folds.csv"
    folds.write_text("fold,part,field\n0,train,H03_00Aa\n0,val,H04_00Aa\n0,test,H05_00Aa\n0,train,H18_00Aa\n")
    table.write_text("dataset,case,patient\nframes,05,mitos-03\n")
    turned = dict(reversed(sets(roots).items()))
    turned["frames"] = partial(turned["frames"], folds=str(folds))
    said = refused(lambda: joined(turned, patients=str(table)).parts)
    assert said == "fold=0: case mitos-03 is in both train and test; a case belongs to one side"


def test_one_name_in_two_datasets_is_refused(roots: tuple[Path, Path]) -> None:
    twice = sets(roots) | {"again": partial(MitosAtypia14, root=str(roots[1]), scanner="H", folds=None)}
    said = refused(joined(twice).records)
    assert said == "data.sets: field H03_00Aa is in frames and in again; rename it in one of them"


def test_a_missing_root_names_the_key_of_its_set(roots: tuple[Path, Path]) -> None:
    assert refused(joined(sets((None, roots[1]))).records).startswith("data.sets.icpr2012.root=DIR is not set: DIR is")
    nowhere = sets((roots[0], Path("nowhere")))
    assert refused(joined(nowhere).records) == "data.sets.frames.root=nowhere: no such folder"
    wrong = sets(roots) | {"frames": partial(MitosAtypia14, root=str(roots[1]), scanner="A", folds=None)}
    assert f"data.sets.frames.root={roots[1]}: no frame of scanner A" in refused(joined(wrong).records)


def test_a_wrong_setting_names_the_key_of_its_set(roots: tuple[Path, Path]) -> None:
    assert (
        refused(lambda: joined(sets(roots, "patient")))
        == "data.sets.icpr2012.folds=patient: choose one of slide, image"
    )


def test_a_lone_dataset_and_one_without_a_constructor_are_refused(roots: tuple[Path, Path]) -> None:
    both: Any = sets(roots)
    alone = {"icpr2012": both["icpr2012"]}
    assert refused(lambda: joined(alone)) == "data.sets: icpr2012 is there; join two datasets or more"
    assert "data.sets.other: give its _target_" in refused(lambda: joined(both | {"other": {"root": "x"}}))


@pytest.mark.slow
def test_no_real_patient_is_on_two_sides() -> None:
    if not (folder := os.environ.get("MITOSIS_REAL_DATA")):
        pytest.skip("MITOSIS_REAL_DATA, the folder that holds icpr2012/ and mitos_atypia14_h/, is not set")
    real = (Path(folder, "icpr2012"), Path(folder, "mitos_atypia14_h"))
    every = len(MitosAtypia14(str(real[1]), "H", **arguments(folds=None)).records())
    for folds, fold in product(("slide", "image"), FOLDS):
        data = joined(sets(real, folds), fold, half=0)
        learned, parts = (*data.parts.train, *data.other_half), data.parts
        tested = SHARED if fold == "official" else SHARED & cases(parts.test)
        assert not tested & {record.case for record in learned if record.scanner == "H"}
        assert folds == "image" or not cases(parts.test) & cases((*learned, *parts.val))
        assert (len(frames(learned)) < every) is bool(tested)
        assert not cases(parts.train) & cases(data.other_half)
