"""``python -m mitosis.predict input=… output=DIR mpp=… segmenter=RUN [classifier=RUN]``: detections for any image."""

from pathlib import Path
from typing import Any

from mitosis.cascade.checks import check_mpp
from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.image.search import find_images
from mitosis.run.name import Choices


def predict(config: dict[str, Any], choices: Choices) -> float:
    """Write ``detections.csv``, ``candidates.csv`` and one picture per image.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The number of mitotic figures in all images.

    Raises:
        InputError: A setting is invalid, a run is missing or broken, or images had to be skipped.
    """
    mpp = config["mpp"]
    if isinstance(mpp, bool) or not isinstance(mpp, int | float):
        raise InputError(f"mpp={mpp}: give µm per pixel as a number, e.g. mpp=0.25")
    images = find_images(str(config["input"]))
    output = Path(str(config["output"])).expanduser()
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    if (output / "recipe.yaml").exists():
        raise InputError(f"output={output} is a run's folder, whose candidates.csv is stage two's; give another")
    output.mkdir(parents=True, exist_ok=True)  # created early, so it cannot fail after an hour of work
    check_mpp(mpp)

    if not config["weights"] and not config["segmenter"]:
        raise InputError("type weights=DIR with a folder that python -m mitosis.combine wrote, or segmenter=RUN")

    from mitosis.cascade.bundle import read_bundle  # torch is loaded from here on
    from mitosis.cascade.cascade import Cascade
    from mitosis.cascade.prediction import predict_images

    if config["weights"]:
        cascade = read_bundle(str(config["weights"]))
        cascade.use(config["point"])
    else:
        cascade = Cascade.load(str(config["segmenter"]), config["classifier"])
    return float(predict_images(cascade, images, output, float(mpp), overlay=config["overlay"]))


if __name__ == "__main__":
    entry("predict", predict)
