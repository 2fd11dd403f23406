"""Amounts of memory in words."""

import pytest

from mitosis.process.memory import amount


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1536, "1.50 KiB"), (2**20, "1.00 MiB"), (2**31, "2.00 GiB")],
)
def test_amounts_are_told_in_a_unit_that_shows_them(size: int, text: str) -> None:
    assert amount(size) == text
