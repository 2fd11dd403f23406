"""Paths that begin with the home folder, under every key that takes one."""

from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from mitosis.cli.compose import expanded
from mitosis.run.keys import OWN_TABLES, PATHS


@pytest.mark.parametrize(
    "key",
    [*PATHS, *(f"data.{name}" for name in OWN_TABLES), *(f"data.sets.a.{name}" for name in ("root", "cache", "folds"))],
)
def test_the_home_folder_is_meant_under_every_key_of_a_path(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/at home")

    def under(value: Any) -> Any:
        return reduce(lambda inner, name: {name: inner}, reversed(key.split(".")), value)

    assert expanded(under("~/a, b")) == under(str(Path("/at home/a, b")))
    assert expanded(under(["~/a", "b/~"])) == under(["/at home/a", "b/~"])
    assert expanded(under(None)) == under(None)


def test_the_values_of_other_keys_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home")
    config = {"model": {"name": "~/a"}, "classes": {"~/a": "ignore"}, "mpp": "~"}
    assert expanded(config) == config
