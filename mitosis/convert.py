"""``python -m mitosis.convert input=… output=… to=FORMAT``: label formats into one another."""

import math
from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.label.conversion import convert_labels, left_behind
from mitosis.run.name import Choices


def convert(config: dict[str, Any], choices: Choices) -> float:
    """Write the labels of ``input`` to ``output``, print what the format cannot hold; returns the number of cells.

    ``output`` is a file, or a folder in a format that has a file for each image. A file that is there is replaced, a
    folder with something in it refused.
    """
    source, target = (Path(str(config[key])).expanduser() for key in ("input", "output"))
    to, radius_um, mpp = config["to"], _number(config, "radius_um"), _number(config, "mpp")
    labels, fitted = convert_labels(source, target, given=config["from"], to=to, radius_um=radius_um, mpp=mpp)
    for line in left_behind(labels, fitted, to):
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
