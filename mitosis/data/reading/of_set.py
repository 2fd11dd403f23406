"""Error messages of a dataset that is one of several."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from mitosis.errors import InputError


@contextmanager
def naming_set(name: str) -> Generator[None]:
    """Let an ``InputError`` about a key of ``data``, such as ``data.root=``, name that of ``data.sets.<name>``."""
    try:
        yield
    except InputError as error:
        text = re.sub(r"(?<![\w./])data\.(?=root\b|\w+=)", lambda _: f"data.sets.{name}.", str(error))
        raise InputError(text) from error
