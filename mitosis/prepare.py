"""``python -m mitosis.prepare data=… [data.cache=DIR]``: check, show and normalise a dataset, once for all runs."""

from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.run.name import Choices


def prepare(config: dict[str, Any], choices: Choices) -> float:
    """Check a dataset, write ``checks.json`` and ``sheet.png``, and fill the cache.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The number of fields.

    Raises:
        InputError: A setting is invalid, or, after all checks have run, one of them found an error (with ``strict``,
            also a warning). The cache is not filled then.
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
