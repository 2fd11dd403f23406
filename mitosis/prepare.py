"""``python -m mitosis.prepare data=… [data.cache=DIR]``: a dataset checked, shown, and normalised once for all runs."""

from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.run.name import Choices


def prepare(config: dict[str, Any], choices: Choices) -> float:
    """Print the checks, write ``checks.json`` and ``sheet.png``, fill the cache; returns the number of fields.

    Raises ``InputError`` after all of the checks when one of them found an error (``strict``: or a warning); the cache
    is left alone then.
    """
    for key, least in (("workers", 1), ("objects", 1), ("seed", 0)):
        if isinstance(config[key], bool) or not isinstance(config[key], int) or config[key] < least:
            raise InputError(f"{key}={config[key]}: give a whole number, {least} or more")
    if not isinstance(config["strict"], bool):
        raise InputError(f"strict={config['strict']}: give true or false")
    name = choices.words["data"]
    output = Path(str(config["output"] or Path("prepared", name))).expanduser()
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    from mitosis.check.preparation import Preparation, prepare_dataset  # torch is loaded from here on
    from mitosis.run.assembly import open_data

    settings = Preparation(**{key: config[key] for key in ("objects", "seed", "strict", "workers")})
    return float(prepare_dataset(open_data(config, fold="all"), name, output, settings))


if __name__ == "__main__":
    entry("prepare", prepare)
