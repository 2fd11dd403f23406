"""``python -m mitosis.contest input=/input output=/output``: one image as the MIDOG contests run a container."""

from pathlib import Path
from typing import Any

from mitosis.cascade.checks import check_chosen, check_mpp, typed_mpp
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import check_writable
from mitosis.image.each_mpp import each_mpp
from mitosis.image.walk import is_own
from mitosis.run.name import Choices

SLUGS = ("histopathology-roi-cropout", "histopathology-region-of-interest-cropout")
"""Folders below ``images`` of the contests until 2022 and in 2025."""
TIFFS = (".tif", ".tiff")
RESULT = "mitotic-figures.json"


def contest(config: dict[str, Any], choices: Choices) -> float:
    """Find the figures of the image in the input folder, and write them as points in mm.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The number of mitotic figures.

    Raises:
        InputError: There is no image, or more than one, or it cannot be used.
    """
    mpp, output = typed_mpp(config["mpp"]), Path(str(config["output"])).expanduser()
    check_chosen(config)
    path = image_of(folder(config["input"], "input"))
    mpps = each_mpp([path], mpp, None)
    check_writable(output)

    from mitosis.cascade.bundle import load_cascade  # torch is loaded from here on
    from mitosis.image.file import read_image
    from mitosis.output.grand_challenge import write_points

    image = read_image(path)  # before its resolution, which nobody knows of a broken one
    check_mpp(mpps[path])
    cascade = load_cascade(config["weights"], config["segmenter"], config["classifier"])
    cascade.use(config["point"], config["threshold"])
    detections = cascade(image, mpp=mpps[path], name=path.name)
    write_points(output / RESULT, detections)
    found = int(detections.accepted.sum())
    print(f"{output / RESULT}: {found} mitotic figures among {len(detections.points)} candidates of {path.name}")
    return found


def image_of(given: Path) -> Path:
    """The only TIFF in the input folder of a contest; ``InputError`` if there is none, or several."""
    folders = [given / "images" / slug for slug in SLUGS]
    there = [one for one in folders if one.is_dir()]
    images = sorted(
        path
        for one in there
        for path in one.iterdir()
        if path.suffix.lower() in TIFFS and path.is_file() and is_own(Path(path.name))
    )
    if not images:
        raise InputError(f"input={given}: no .tif or .tiff in {' or '.join(map(str, there or folders))}")
    if len(images) > 1:
        raise InputError(f"input={given}: {len(images)} images, such as {images[0].name}; a container is run for one")
    return images[0]


if __name__ == "__main__":
    entry("contest", contest)
