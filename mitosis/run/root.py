"""Checking the dataset's folder before slow modules are imported."""

import re
from typing import Any

from mitosis.data.reading.of_set import naming_set
from mitosis.data.reading.root import checked_root
from mitosis.run.conf import CONF


def check_root(data: dict[str, Any]) -> None:
    """Raise ``InputError`` if ``data.root``, or that of one of its ``sets``, is not set, does not exist, or is a file.

    ``data`` is the ``data`` table of a composed configuration. The expected contents are taken from the comment on
    ``root`` in the shipped yaml of its ``_target_``; a user's own dataset checks its root itself.
    """
    if contents := _contents(data):
        checked_root(data.get("root"), re.sub(r"<(\w+)>", lambda key: str(data.get(key[1])), contents))

    for name, one in (data.get("sets") or {}).items():
        with naming_set(name):
            check_root(one)


def _contents(data: dict[str, Any]) -> str | None:
    for path in CONF.glob("data/*.yaml"):
        text = path.read_text(encoding="utf-8")
        if f"\n  _target_: {data.get('_target_')}\n" in text:
            comment = re.search(r"^  root: null +# the folder that holds (.+)$", text, re.MULTILINE)
            return comment and comment[1]
    return None
