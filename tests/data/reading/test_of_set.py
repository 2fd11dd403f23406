"""Messages of one of several datasets name its own keys."""

import pytest
from refused import refused

from mitosis.data.reading.of_set import naming_set
from mitosis.errors import InputError


def said(text: str) -> str:
    def fail() -> None:
        with naming_set("mine"):
            raise InputError(text)

    return refused(fail)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("data.root=DIR is not set", "data.sets.mine.root=DIR is not set"),
        ("a is not under data.root: b", "a is not under data.sets.mine.root: b"),
        (
            "a: data.masks=x needs b; type data.masks=y",
            "a: data.sets.mine.masks=x needs b; type data.sets.mine.masks=y",
        ),
        ("mitosis.data.Folder: no data.csv", "mitosis.data.Folder: no data.csv"),
        ("/mnt/data.root=1/a.png: broken", "/mnt/data.root=1/a.png: broken"),
    ],
)
def test_keys_of_the_data_become_those_of_the_set(text: str, named: str) -> None:
    assert said(text) == named


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), naming_set("mine"):
        raise KeyError("data.root")
