"""The cascade over image files, and what is written of it."""

import os
from pathlib import Path

from rich.progress import track

from mitosis.cascade.cascade import Cascade
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.inference.detections import Detections
from mitosis.output.overlay import draw, write_picture
from mitosis.output.table import write_detections


def predict_images(cascade: Cascade, images: list[Path], output: Path, mpp: float, *, overlay: bool) -> int:
    """Write ``detections.csv`` (accepted), ``candidates.csv`` (all) and pictures; returns the number of mitoses.

    An image that cannot be used is left out, the others are finished, and then ``InputError`` names it.
    """
    found: list[tuple[str, Detections]] = []
    broken: list[str] = []
    for path in track(images, "predicting"):
        try:
            image = read_image(path)
            detections = cascade(image, mpp=mpp, name=path.name)
        except InputError as error:
            broken.append(str(error))
            continue
        found.append((_readable(path.name), detections))
        if overlay:
            picture = draw(image, detections.points, detections.accepted, mpp=mpp)
            write_picture(output / "overlay" / f"{path.name}.png", picture)
    write_detections(output / "candidates.csv", found)
    write_detections(output / "detections.csv", [(name, detections.mitoses()) for name, detections in found])
    mitoses = sum(len(detections) for _, detections in found)
    candidates = sum(len(detections.points) for _, detections in found)
    print(f"{output}: {mitoses} mitoses among {candidates} candidates in {len(found)} of {len(images)} images")
    if broken:
        raise InputError(f"{len(broken)} of {len(images)} images were left out: {'; '.join(broken)}")
    return mitoses


def _readable(name: str) -> str:
    """A file's name in UTF-8; bytes that are no text become �."""
    return os.fsencode(name).decode("utf-8", "replace")
