"""The cascade over image files, and what is written of it."""

import os
from pathlib import Path

from rich.progress import track

from mitosis.cascade.cascade import Cascade, check_mpp
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.output.overlay import draw, write_picture
from mitosis.output.table import MITOSIS, DetectionRow, rows_of, write_detections


def predict_images(
    images: list[Path], output: Path, mpp: float, segment: str, classify: str | None, *, overlay: bool
) -> float:
    """Write ``detections.csv`` (accepted), ``candidates.csv`` (all) and pictures; returns the number of mitoses.

    An image that cannot be used is left out, the others are finished, and then ``InputError`` names it.
    """
    check_mpp(mpp)
    cascade = Cascade.load(segment, classify)
    rows: list[DetectionRow] = []
    broken: list[str] = []
    for path in track(images, "predicting"):
        try:
            image = read_image(path)
            found = cascade(image, mpp=mpp, name=path.name)
        except InputError as error:
            broken.append(str(error))
            continue
        rows += rows_of(_readable(path.name), found.points, found.scores, found.accepted, found.area_um2, found.mpp)
        if overlay:
            picture = draw(image, found.points, found.accepted, mpp=mpp)
            write_picture(output / "overlay" / f"{path.name}.png", picture)
    accepted = [row for row in rows if row.kind == MITOSIS]
    write_detections(output / "candidates.csv", rows)
    write_detections(output / "detections.csv", accepted)
    done = len(images) - len(broken)
    print(f"{output}: {len(accepted)} mitoses among {len(rows)} candidates in {done} of {len(images)} images")
    if broken:
        raise InputError(f"{len(broken)} of {len(images)} images were left out: {'; '.join(broken)}")
    return float(len(accepted))


def _readable(name: str) -> str:
    """A file's name as UTF-8 can hold it: bytes that no text stands for become �."""
    return os.fsencode(name).decode("utf-8", "replace")
