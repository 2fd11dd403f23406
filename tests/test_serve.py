"""The command that serves: what is refused before any network is loaded."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from mitosis import serve
from mitosis.cli.compose import compose


def failed(ended: Any) -> str:
    assert (ended.code, ended.err.count("\n")) == (1, 1), ended.err
    return ended.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["port=99999"], "port=99999: give a whole number from 0 to 65535"),
        (["port=http"], "port=http: give a whole number"),
        (["max_mb=0"], "max_mb=0: give the most MB of an image"),
        (["hpf_mm=7"], "hpf_mm=7"),
        (["classifier=RUN"], "classifier=RUN without a segmenter"),
        (["host=203.0.113.1"], "host=203.0.113.1 port=8000: Cannot assign requested address"),
    ],
)
def test_wrong_settings_are_one_line(cli: Callable[..., Any], given: list[str], said: str) -> None:
    assert said in failed(cli("serve", *given))


def test_a_port_that_is_taken_is_named(cli: Callable[..., Any]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"host=127.0.0.1 port={port}: Address already in use" in failed(cli("serve", f"port={port}"))


def test_a_missing_package_is_named(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "NEEDED", {"nothing_of_this_name": "python-multipart"})
    said = failed(cli("serve", "port=0"))
    assert "python-multipart is not installed; type pip install 'mitosis-cascade[serve]'" in said


def test_only_this_machine_is_listened_to_unless_told() -> None:
    assert compose("serve", [])[0]["host"] == "127.0.0.1"
