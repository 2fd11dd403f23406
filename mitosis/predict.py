"""``python -m mitosis.predict input=… output=DIR mpp=… segment=RUN [classify=RUN]``: detections for any image."""

import glob
from itertools import pairwise
from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry
from mitosis.errors import InputError
from mitosis.run.name import Choices

SUFFIXES = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def predict(config: dict[str, Any], choices: Choices) -> float:
    """Write ``detections.csv``, ``candidates.csv`` and a picture per image; returns the number of mitoses."""
    if isinstance(config["mpp"], bool) or not isinstance(config["mpp"], int | float):
        raise InputError(f"mpp={config['mpp']}: give µm per pixel as a number, e.g. mpp=0.25")
    images = find_images(str(config["input"]))
    output = Path(str(config["output"])).expanduser()
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    if (output / "recipe.yaml").exists():
        raise InputError(f"output={output} is a run's folder, whose candidates.csv is stage two's; give another")
    output.mkdir(parents=True, exist_ok=True)  # now, so that it does not fail after the work of an hour
    from mitosis.cascade.prediction import predict_images  # torch is loaded from here on

    return predict_images(
        images, output, float(config["mpp"]), str(config["segment"]), config["classify"], overlay=config["overlay"]
    )


def find_images(given: str) -> list[Path]:
    """The image itself, the images of a folder, or those that a glob names; ``InputError`` when there is none."""
    path = Path(given).expanduser()
    if path.is_file():
        return [path]
    named = path.iterdir() if path.is_dir() else map(Path, glob.glob(_pattern(path), recursive=True))
    found = sorted(
        # Hidden ones are no images: macOS leaves a ._name beside each file on foreign disks.
        file
        for file in named
        if file.suffix.lower() in SUFFIXES and file.name[0] != "." and file.is_file()
    )
    if not found:
        looked = "no image in it" if path.is_dir() else "no such file or folder, and as a glob it names no image"
        raise InputError(f"input={given}: {looked} ({', '.join(SUFFIXES)})")
    names = [file.name for file in found]
    if twice := next((name for name, after in pairwise(sorted(names)) if name == after), None):
        raise InputError(f"input={given}: two images are named {twice}; run them into two output folders")
    return found


def _pattern(path: Path) -> str:
    """``path`` as a glob; the folders of it that exist stand for themselves, whatever brackets are in their names."""
    literal = next(parent for parent in path.parents if parent.is_dir())
    return str(Path(glob.escape(str(literal)), path.relative_to(literal)))


if __name__ == "__main__":
    entry("predict", predict)
