"""Rows of numbers are read back as written, with any line ending."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitosis.errors import InputError
from mitosis.label.rows import read_rows

NUMBERS = st.one_of(st.integers(-99, 9999), st.floats(-1e6, 1e6))


@given(
    st.lists(st.lists(NUMBERS, min_size=2, max_size=3), max_size=6),
    st.sampled_from(["", ",", " ", ", ", "\t"]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
)
def test_round_trip(tmp_path_factory, rows, tail, newline, last):
    path = tmp_path_factory.getbasetemp() / "rows ü.csv"
    text = newline.join(", ".join(map(repr, row)) + tail for row in rows) + (newline if last else "")
    path.write_bytes(text.encode("utf-8-sig" if last else "utf-8"))
    assert read_rows(path, "x,y") == [(float(row[0]), float(row[1])) for row in rows]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"a.csv: not readable as a csv"):
        read_rows(tmp_path / "a.csv", "x,y")
