"""Running the cascade on image files and writing the results."""

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
    """Write ``detections.csv`` (accepted), ``candidates.csv`` (all) and, with ``overlay``, pictures.

    An unusable image does not stop the others; it is named at the end.

    Args:
        cascade: The trained networks.
        images: Image files.
        output: Folder to write to.
        mpp: µm per pixel of the images.
        overlay: Whether to write a picture of each image with its detections.

    Returns:
        The number of mitotic figures in all images.

    Raises:
        InputError: One or more images were skipped.
    """
    results: list[tuple[str, Detections]] = []
    broken: list[str] = []
    for path in track(images, "predicting"):
        try:
            image = read_image(path)
            detections = cascade(image, mpp=mpp, name=path.name)
        except InputError as error:
            broken.append(str(error))
            continue
        results.append((_readable(path.name), detections))
        if overlay:
            picture = draw(image, detections.points, detections.accepted, mpp=mpp)
            write_picture(output / "overlay" / f"{path.name}.png", picture)
    write_detections(output / "candidates.csv", results)
    write_detections(output / "detections.csv", [(name, detections.mitoses()) for name, detections in results])
    mitoses = sum(len(detections) for _, detections in results)
    candidates = sum(len(detections.points) for _, detections in results)
    print(f"{output}: {mitoses} mitoses among {candidates} candidates in {len(results)} of {len(images)} images")
    if broken:
        raise InputError(f"{len(broken)} of {len(images)} images were left out: {'; '.join(broken)}")
    return mitoses


def _readable(name: str) -> str:
    """A file name in UTF-8; undecodable bytes become �."""
    return os.fsencode(name).decode("utf-8", "replace")
