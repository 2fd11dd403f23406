"""Error messages that can be tested without running a command. The others are in test_entry and test_faults."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from mitosis.cli.messages import check_unknown_keys, unreadable, user_message
from mitosis.errors import InputError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n\tb: 2\n", "line 2: not readable as yaml (found character '\\t' that cannot start any token)"),
        ("a: [1\nb: 2\n", "line 2: not readable as yaml (expected ',' or ']', but got ':')"),
    ],
)
def test_a_broken_yaml_is_reported_with_its_line(text: str, line: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError) as raised:
        yaml.safe_load(text)
    assert unreadable(raised.value) == f"<unicode string>, {line}"


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"max_stpes": 3}, "max_stpes: there is no such key; did you mean max_steps=…?"),
        ({"candidate": {"recal": 0.9}}, "candidate.recal: there is no such key; did you mean candidate.recall=…?"),
        ({"tiling": {"max_pixel": 9}}, "tiling.max_pixel: there is no such key; did you mean tiling.max_pixels=…?"),
    ],
)
def test_an_unused_key_that_resembles_a_known_one_is_reported(config: dict, line: str) -> None:
    with pytest.raises(InputError) as raised:
        check_unknown_keys(config)
    assert str(raised.value) == line


def test_known_keys_and_the_users_own_keys_are_accepted() -> None:
    check_unknown_keys({"max_steps": 3, "candidate": {"recall": 0.9}, "data": {"samples_per_epoch": 8}, "fold": 0})
    check_unknown_keys({"my": {"seed_of_trees": 3}, "loss": {"_target_": "mine.Loss", "alpah": 0.3}})


@pytest.mark.parametrize(
    "text",
    [
        "DataLoader worker (pid(s) 14900) exited unexpectedly",
        "DataLoader worker (pid 7) is killed by signal: Killed. ",
        "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that dataloader's workers are out of",
    ],
)
def test_a_killed_worker_is_reported(text: str) -> None:
    line = user_message(RuntimeError(text))
    assert line
    assert "was killed" in line
    assert "data.workers" in line
    assert "data.batch_size" in line


def test_bugs_in_the_program_are_not_hidden() -> None:
    assert user_message(RuntimeError("DataLoader worker is happy")) is None
    assert user_message(ZeroDivisionError("division by zero")) is None


@pytest.mark.parametrize(("typed", "remedy"), [("mpp=0,25", "mpp=0.25"), ("x.y=-1,5", "x.y=-1.5")])
def test_a_decimal_comma_is_named(cli: Callable[..., Any], typed: str, remedy: str) -> None:
    ended = cli("predict", "input=a.png", "output=out", typed)
    assert ended.code == 1
    assert ended.err == f"mitosis: {typed}: numbers take a point; type {remedy}\n"
