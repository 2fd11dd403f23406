"""The text of label files in the encodings that programs save."""

from pathlib import Path

import pytest

from mitosis.errors import InputError
from mitosis.label import pixels, points
from mitosis.label.formats import sniff
from mitosis.label.number import finite

TEXT = "image,x,y\npräparat.png,30,40\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_with_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "p.csv").write_bytes(TEXT.encode(encoding))
    assert sniff(tmp_path / "p.csv") == "points"
    (cell,) = points.read(tmp_path / "p.csv").annotations
    assert (cell.image, cell.x, cell.y) == ("präparat.png", 30, 40)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("latin-1", "line 2 is not text in UTF-8; save it as a csv in UTF-8"),
        ("utf-16-le", "line 2 is not text in UTF-8"),
    ],
)
def test_other_text_is_refused_with_the_remedy(tmp_path: Path, encoding: str, said: str) -> None:
    (tmp_path / "p.csv").write_bytes(TEXT.encode(encoding))
    for read in (sniff, points.read):
        with pytest.raises(InputError, match=rf"p\.csv: not readable as a csv: {said}"):
            read(tmp_path / "p.csv")


def test_zero_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("image,x,y\n".encode("utf-16-le"))
    with pytest.raises(InputError, match=r"p\.csv: not readable as a csv: it holds zero bytes, as in UTF-16"):
        points.read(tmp_path / "p.csv")


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_other_separators_are_named(tmp_path: Path, sign: str, name: str) -> None:
    (tmp_path / "p.csv").write_text(TEXT.replace(",", sign), encoding="utf-8")
    for read in (sniff, points.read):
        with pytest.raises(InputError, match=rf"p\.csv: its values are separated by {name}; save it with commas"):
            read(tmp_path / "p.csv")


def test_pythons_underscores_are_no_number(tmp_path: Path) -> None:
    assert (finite("1000"), finite("1_000"), finite("1e3"), finite("nan")) == (1000, None, 1000, None)
    (tmp_path / "p.csv").write_text("image,x,y\na.png,1_000,40\n")
    with pytest.raises(InputError, match=r"p\.csv, row 2: x='1_000' is not a number"):
        points.read(tmp_path / "p.csv")
    (tmp_path / "a.csv").write_text("1_0,2\n")
    with pytest.raises(InputError, match=r"a\.csv, row 1: value 1, '1_0', is not a number"):
        pixels.read(tmp_path / "a.csv")
