"""Whether the data is where the configuration says, asked before anything that takes long is imported."""

import re
from typing import Any

from mitosis.data.reading.root import checked_root
from mitosis.run.conf import CONF


def check_root(data: dict[str, Any]) -> None:
    """``InputError`` in the dataset's own words where ``data.root`` is not set, not there, or a file.

    ``data``: the ``data`` of a composed configuration. What a folder has to hold is read from the remark on ``root``
    in the shipped yaml of its ``_target_``; a dataset of the user's own checks its root itself.
    """
    if holds := _contents(data):
        checked_root(data.get("root"), re.sub(r"<(\w+)>", lambda key: str(data.get(key[1])), holds))


def _contents(data: dict[str, Any]) -> str | None:
    for path in CONF.glob("data/*.yaml"):
        text = path.read_text(encoding="utf-8")
        if f"  _target_: {data.get('_target_')}\n" in text:
            found = re.search(r"^  root: null +# the folder that holds (.+)$", text, re.MULTILINE)
            return found and found[1]
    return None
