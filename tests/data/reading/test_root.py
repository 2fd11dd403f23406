"""Invalid dataset folders, and every dataset's error messages for them."""

import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from arguments import arguments

from mitosis.data.amida13 import AMIDA13
from mitosis.data.gzmh import GZMH
from mitosis.data.icpr2012 import ICPR2012
from mitosis.data.midog21 import MIDOG21
from mitosis.data.midog22 import MIDOG22
from mitosis.data.midogpp import MIDOGpp
from mitosis.data.mitos_atypia14 import MitosAtypia14
from mitosis.data.reading.root import checked_root, unique
from mitosis.data.tupac16 import TUPAC16
from mitosis.errors import InputError

SETS = (AMIDA13, GZMH, ICPR2012, MIDOG21, MIDOG22, MIDOGpp, MitosAtypia14, TUPAC16)


@pytest.mark.parametrize("made", SETS)
def test_every_dataset_reports_what_is_wrong_with_its_root(made: Any, tmp_path: Path) -> None:
    settings = arguments()
    if made is GZMH:
        settings |= {"images": "(a)", "masks": "(b)", "patient": "(c)", "test": "d"}
    if made is not ICPR2012:
        settings |= {"folds": None}
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("x", "x")
    for root, message in (
        (None, "data.root=DIR is not set: DIR is the folder that holds"),
        (tmp_path / "nowhere", "nowhere: no such folder"),
        (archive, "set.zip is an archive: unpack it; give the folder"),
        (tmp_path, f"data.root={tmp_path}: no "),
    ):
        with pytest.raises(InputError) as error:
            _ = made(root=root, **settings).parts
        assert message in str(error.value)
        assert "\n" not in str(error.value)


def test_a_file_as_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "a.txt", "a.txt")
    with pytest.raises(InputError, match=r"a.tar.gz is an archive: unpack it"):
        checked_root(tmp_path / "a.tar.gz", "it")
    with pytest.raises(InputError, match=r"a.txt is a file; give the folder"):
        checked_root(tmp_path / "a.txt", "it")


def test_two_files_with_one_key_are_both_named() -> None:
    assert list(unique([("b", Path("1")), ("a", Path("2"))])) == ["a", "b"]
    with pytest.raises(InputError, match="two files of one field: 1 and 2; remove one of them"):
        unique([("a", Path("2")), ("a", Path("1"))])
