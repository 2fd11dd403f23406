"""``python -m mitosis.predict input=… output=DIR mpp=… segment=RUN [classify=RUN]``: detections for any image."""

import glob
from pathlib import Path
from typing import Any

from mitosis.entry import entry
from mitosis.errors import InputError
from mitosis.run import Choices

SUFFIXES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def predict(config: dict[str, Any], choices: Choices) -> float:
    """Write ``detections.csv``, ``candidates.csv`` and a picture per image; returns the number of mitoses."""
    images = find_images(config["input"])
    if not isinstance(config["mpp"], int | float):
        raise InputError(f"mpp={config['mpp']}: give µm per pixel as a number, e.g. mpp=0.25")
    output = Path(config["output"])
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    from mitosis.prediction import predict_images  # torch is loaded from here on

    return predict_images(
        images, output, float(config["mpp"]), config["segment"], config["classify"], overlay=config["overlay"]
    )


def find_images(given: str) -> list[Path]:
    """The image itself, the images of a folder, or those that a glob names; ``InputError`` when there is none."""
    path = Path(given)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES]
    else:
        found = [Path(name) for name in sorted(glob.glob(str(given), recursive=True)) if Path(name).is_file()]
    if not found:
        looked = "no image" if path.is_dir() else "no such file or folder, and as a glob it names no file"
        raise InputError(f"input={given}: {looked} ({', '.join(SUFFIXES)})")
    stems = [file.name for file in found]
    if twice := next((name for name in stems if stems.count(name) > 1), None):
        raise InputError(f"input={given}: two images are named {twice}; run them into two output folders")
    return found


if __name__ == "__main__":
    entry("predict", predict)
