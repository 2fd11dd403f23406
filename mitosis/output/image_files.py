"""The files that a prediction writes for each image, all from the same detections."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mitosis.count.count import Count
from mitosis.inference.detections import Detections
from mitosis.output.grand_challenge import write_points
from mitosis.output.overlay import draw, write_picture
from mitosis.output.page.heat import Heat
from mitosis.output.page.image_page import write_image_page
from mitosis.output.qupath import write_qupath

QUPATH, MIDOG, PAGES, PICTURES = "geojson", "midog", "report", "overlay"
"""Folders of the files."""


def files_of(folder: Path, name: str, *, overlay: bool) -> list[Path]:
    """The files of an image: GeoJSON, json of points, page and, with ``overlay``, picture."""
    paths = [*point_files_of(folder, name), page_of(folder, name)]
    return [*paths, folder / PICTURES / f"{name}.png"] if overlay else paths


def page_of(folder: Path, name: str) -> Path:
    """The page of an image or a slide."""
    return folder / PAGES / f"{name}.html"


def point_files_of(folder: Path, name: str) -> list[Path]:
    """The files of an image or a slide that need no pixels: GeoJSON and json of points."""
    return [folder / QUPATH / f"{name}.geojson", folder / MIDOG / f"{name}.json"]


def write_image_files(
    folder: Path,
    name: str,
    image: np.ndarray,
    detections: Detections,
    count: Count,
    facts: Sequence[str],
    *,
    overlay: bool,
    heat: Heat | None = None,
) -> None:
    """Write the files of an image, each atomically.

    Args:
        folder: The output folder.
        name: Name of the image.
        image: (H, W, 3) uint8 RGB.
        detections: All candidates, in pixels of the image.
        count: Its count.
        facts: Lines on how the detections were made, for the page.
        overlay: Whether to draw them on a picture as well.
        heat: Makes the heat maps of the page; None: it has none.
    """
    _, _, page, *picture = files_of(folder, name, overlay=overlay)
    write_point_files(folder, name, detections, count)
    write_image_page(page, name, image, detections, count, facts, heat=heat)
    for path in picture:
        write_picture(path, draw(image, detections.points, detections.accepted, mpp=detections.mpp))


def write_point_files(folder: Path, name: str, detections: Detections, count: Count) -> None:
    """Write the files of an image or a slide that need no pixels, each atomically."""
    qupath, midog = point_files_of(folder, name)
    write_qupath(qupath, detections, count.hotspots)
    write_points(midog, detections)
