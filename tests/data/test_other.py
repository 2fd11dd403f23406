"""Another dataset to test on: which of its fields are left out."""

from pathlib import Path

import numpy as np
import pytest
from miniature import icpr2012

from mitosis.data.cache.store import FieldStore
from mitosis.data.icpr2012 import ICPR2012
from mitosis.data.mitos_atypia14 import MitosAtypia14
from mitosis.data.other import as_test, patients_of
from mitosis.data.record import Record
from mitosis.data.synthetic import Synthetic
from mitosis.stain.none import NoStain

REST = {"folds": None, "fold": "all", "samples_per_epoch": 1, "batch_size": 1}


class Frames(MitosAtypia14):
    """Frames of slides 03, glass of ICPR 2012, and 05."""

    def records(self) -> list[Record]:
        def read() -> np.ndarray:
            return np.zeros((8, 8, 3), np.uint8)

        return [Record(f"H{case}_00", read, (8, 8), 0.25, case, case, "H") for case in ("03", "05")]


Frames.__module__ = MitosAtypia14.__module__


def synthetic(**more: int) -> Synthetic:
    return Synthetic(size=96, cases=4, fields_per_case=1, store=FieldStore(NoStain()), **REST, **more)


def test_fields_that_were_trained_on_are_left_out() -> None:
    other = as_test(synthetic(drawing_seed=1), {"case01_0"}, set(), None)
    assert [record.field for record in other.parts.test] == ["case00_0", "case02_0", "case03_0"]
    assert (other.parts.train, other.parts.val, other.fold) == ((), (), "all")
    assert "but 1 of patients or fields that were trained on" in other.parts.note
    assert "but" not in as_test(synthetic(), set(), set(), None).parts.note
    assert len(as_test(synthetic(), set(), set(), 2).parts.test) == 2


def test_a_patient_of_two_datasets_is_known_in_both(tmp_path: Path) -> None:
    """A03 of ICPR 2012 is slide 03 of MITOS-ATYPIA-14."""
    icpr2012.write(tmp_path, icpr2012.training())
    training = ICPR2012(root=str(tmp_path), store=FieldStore(NoStain()), **REST | {"folds": "slide"})
    patients = {patient for field, patient in patients_of(training).items() if field.startswith("A03")}
    assert patients == {"mitos-03"}
    frames = Frames(store=FieldStore(NoStain()), **REST)
    assert patients_of(frames) == {"H03_00": "mitos-03", "H05_00": "mitos_atypia14:05"}
    assert [record.field for record in as_test(frames, set(), patients, None).parts.test] == ["H05_00"]


def test_cases_of_one_name_in_two_datasets_are_two_patients() -> None:
    assert set(patients_of(synthetic()).values()) == {f"synthetic:case0{number}" for number in range(4)}


@pytest.mark.parametrize("seen", [set(), {"case00_0", "case01_0", "case02_0", "case03_0"}])
def test_nothing_may_be_left(seen: set[str]) -> None:
    assert len(as_test(synthetic(), seen, set(), None).parts.test) == 4 - len(seen)
