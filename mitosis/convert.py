"""``python -m mitosis.convert input=… output=… to=FORMAT``: convert labels between formats."""

import math
from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.label.conversion import convert_labels, left_behind
from mitosis.label.kind import ClassNames
from mitosis.run.name import Choices


def convert(config: dict[str, Any], choices: Choices) -> float:
    """Convert the labels of ``input`` to ``output``, and print what the format cannot represent.

    ``output`` is a file, or a folder for formats with one file per image. An existing file is replaced; a folder that
    is not empty is rejected.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The number of cells.

    Raises:
        InputError: The labels cannot be read or converted, or the folder is not empty.
    """
    source, target = (Path(str(config[key])).expanduser() for key in ("input", "output"))
    to, radius_um, mpp = config["to"], _number(config, "radius_um"), _number(config, "mpp")
    names = ClassNames(config["classes"])
    labels, fitted = convert_labels(
        source, target, given=config["from"], to=to, radius_um=radius_um, mpp=mpp, names=names
    )
    for line in filter(None, (names.remark(), *left_behind(labels, fitted, to))):
        print(line)
    mitoses = sum(cell.mitotic for cell in fitted.annotations)
    negatives = len(fitted.annotations) - mitoses
    print(f"{target}: {mitoses} mitoses and {negatives} hard negatives in {len(fitted.sizes)} images, as {to}")
    return float(len(fitted.annotations))


def _number(config: dict[str, Any], key: str) -> float | None:
    value = config[key]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{key}={value}: give a number above 0")
    return float(value)


if __name__ == "__main__":
    entry("convert", convert)
