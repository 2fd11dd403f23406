"""``python -m mitosis.serve [port=8000]``: an image dropped on a page in the browser, counted on this machine."""

import importlib.util
import socket
from functools import partial
from typing import Any

from mitosis.cascade.checks import check_chosen
from mitosis.cli.entry import entry
from mitosis.count.nottingham import check_diameter
from mitosis.errors import InputError
from mitosis.run.name import Choices

NEEDED = {"starlette": "starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MB = 10**6


def serve(config: dict[str, Any], choices: Choices) -> None:
    """Answer in the browser until Ctrl-C.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Raises:
        InputError: A setting is invalid, a run is missing or broken, or the address cannot be used.
    """
    check_chosen(config)
    hpf_mm, host, port = check_diameter(config["hpf_mm"]), str(config["host"]), config["port"]
    largest = config["max_mb"]
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 2**16:
        raise InputError(f"port={port}: give a whole number from 0 to 65535")
    if isinstance(largest, bool) or not isinstance(largest, int | float) or not 0 < largest <= 10_000:
        raise InputError(f"max_mb={largest}: give the most MB of an image, more than 0 and at most 10000")
    if missing := [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]:
        raise InputError(f"{missing[0]} is not installed; type pip install 'mitosis-cascade[serve]'")
    listening = _listen(host, port)

    import uvicorn

    from mitosis.cascade.bundle import load_cascade  # torch is loaded from here on
    from mitosis.cascade.prediction import facts_of
    from mitosis.cascade.single_page import single_page
    from mitosis.web.app import app

    with listening:
        cascade = load_cascade(config["weights"], config["segmenter"], config["classifier"])
        cascade.use(config["point"], config["threshold"])
        cascade.build()  # now, not when the first visitor waits
        facts = facts_of(cascade)
        answer = partial(single_page, cascade, hpf_mm=hpf_mm)
        hosts = LOOPBACK if host in LOOPBACK else ("*",)
        made = app(answer, largest=int(largest * MB), hosts=hosts, facts=facts)
        print(f"{facts[-1]}\nopen http://{_shown(host)}:{listening.getsockname()[1]} in a browser; Ctrl-C ends it")
        uvicorn.Server(uvicorn.Config(made, log_level="warning", access_log=False)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address; ``InputError`` if that is not possible."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        raise InputError(f"host={host} port={port}: {error.strerror}; type another port= or host=") from error
    return listening


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    entry("serve", serve)
