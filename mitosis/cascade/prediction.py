"""Running the cascade on image files and writing the results."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from mitosis.cascade.adaptation import adapted
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.cost import cost
from mitosis.cascade.heat import heat_of
from mitosis.cascade.slide_prediction import NO_SLIDES, Slides, predict_slides
from mitosis.count.count import count_figures
from mitosis.count.tissue_map import tissue_map
from mitosis.errors import InputError
from mitosis.image.file import image_size, read_image
from mitosis.image.mpp import implausible
from mitosis.output.count_table import summary
from mitosis.output.growing import GrowingTables
from mitosis.output.image_files import files_of, page_of, write_image_files
from mitosis.output.page.heat import has_heat
from mitosis.process.memory import amount, free_memory
from mitosis.run.folder import locked
from mitosis.version import installed_version

BYTES = 42
"""Memory per pixel at the network's resolution: the image as bytes and as floats, maps in 64 bits, candidates."""


def predict_images(
    cascade: Cascade,
    images: list[Path],
    output: Path,
    mpps: Mapping[Path, float],
    *,
    hpf_mm: float,
    overlay: bool,
    heatmaps: bool = False,
    adapt: bool = False,
    slides: Slides = NO_SLIDES,
) -> int:
    """Write the tables of a folder, and for each image GeoJSON, points, a page and, with ``overlay``, a picture.

    An unusable image, or one that the memory cannot hold, does not stop the others; it is named at the end. Files are
    written image by image, so a stopped prediction goes on where it was. What is missing of an image whose detections
    are in the tables is made from them, without the networks.

    Args:
        cascade: The trained networks.
        images: Image files.
        output: Folder to write to.
        mpps: Image → µm per pixel. An image without it cannot be read.
        hpf_mm: Diameter of a high-power field in mm, for the mitotic component.
        overlay: Whether to write a picture of each image with its detections.
        heatmaps: Whether the pages of images show what stage two looked at, which the cascade must have.
        adapt: Whether the segmenters are first adapted to the images, which should come from one scanner.
        slides: Whole slides, predicted after the images.

    Returns:
        The number of mitotic figures in all images and slides.

    Raises:
        InputError: One or more images were skipped, or the folder holds the detections of something else.
    """
    broken = {path: line for path, mpp in mpps.items() if (line := implausible(path, mpp))}
    broken |= too_large(cascade, {path: mpp for path, mpp in mpps.items() if path not in broken})
    for message in broken.values():
        print(f"left out: {message}")
    names = {path: _readable(path.name) for path in (*images, *slides.paths)}
    contents = {path: _content(path) for path in images if path not in broken}
    asked = _asked(cascade, mpps) | {"adapt": sorted(contents.values()) if adapt else []}
    facts = facts_of(cascade)
    shown = {"overlay": overlay, "heatmaps": heatmaps}
    with locked(output), GrowingTables(output, asked, list(names.values()), facts) as tables:
        scored = {path for path, content in contents.items() if tables.has(names[path], content)}
        whole = {path for path in scored if _is_whole(tables, names[path], hpf_mm, **shown)}
        todo = [path for path in contents if path not in whole]
        if whole:
            print(f"{output}: {len(whole)} of {len(images)} images are done")
        usable = _usable(cascade, [path for path in contents if path in mpps], mpps)
        with adapted(cascade, usable, len(contents)) if adapt and set(todo) - scored else nullcontext():
            for path in track(todo, "predicting", disable=not todo):
                name = names[path]
                try:
                    image = read_image(path)
                    if path not in scored:
                        tables.add(name, cascade(image, mpp=mpps[path], name=path.name))
                except InputError as error:
                    broken[path] = str(error)
                    continue
                except (MemoryError, RuntimeError) as error:
                    if isinstance(error, RuntimeError) and "memory" not in str(error):
                        raise
                    broken[path] = f"{path}: the memory does not hold it; cut it into fields"
                    continue
                detections = tables.detections(name, mpps[path])
                count = count_figures(detections.mitoses().points, tissue_map(image, mpps[path]), hpf_mm)
                heat = heat_of(cascade, image, mpp=mpps[path], name=path.name) if heatmaps else None
                write_image_files(output, name, image, detections, count, facts, overlay=overlay, heat=heat)
                tables.finish(name, contents[path], count)
                print(summary(name, count))
        broken |= predict_slides(cascade, slides, names, output, asked, tables, hpf_mm)
    mitoses, candidates, finished = tables.counts
    given = f"{len(names)} {'slides' if not images else 'images and slides' if slides.paths else 'images'}"
    what = "mitosis" if mitoses == 1 else "mitoses"
    print(f"{output}: {mitoses} {what} among {candidates} candidates in {finished} of {given}")
    if broken:
        raise InputError(f"{len(broken)} of {given} were left out: {'; '.join(broken.values())}")
    return mitoses


def _is_whole(tables: GrowingTables, name: str, hpf_mm: float, *, overlay: bool, heatmaps: bool) -> bool:
    """Whether all that is written of an image is there."""
    count = tables.count(name)
    there = all(path.is_file() for path in files_of(tables.folder, name, overlay=overlay))
    there = there and (not heatmaps or has_heat(page_of(tables.folder, name)))
    return there and count is not None and count.hpf_mm == hpf_mm


def facts_of(cascade: Cascade) -> list[str]:
    """How the detections are made, in words."""
    hashes = ", ".join(one.hash[:8] for one in (*cascade.segmenters, *cascade.classifiers))
    return [f"mitosis {installed_version()}", f"networks {hashes}", cost(cascade)]


def too_large(cascade: Cascade, mpps: Mapping[Path, float]) -> dict[Path, str]:
    """The images that the free memory cannot hold, with a line for each; one that cannot be read is named later."""
    found: dict[Path, str] = {}
    if (free := free_memory()) is None:
        return found
    for path, mpp in mpps.items():
        try:
            height, width = image_size(path)
        except InputError:
            continue
        needed = BYTES * height * width * max(1.0, mpp / cascade.network_mpp(mpp)) ** 2
        if needed > free:
            need = f"{amount(needed)} of memory are needed and {amount(free)} free"
            found[path] = f"{path}: {width} x {height} pixels, {need}; cut it into fields"
    return found


def _asked(cascade: Cascade, mpps: Mapping[Path, float]) -> dict[str, Any]:
    """What the detections depend on besides the images, whose own resolutions are part of them."""
    mpp = next(iter(set(mpps.values()))) if len(set(mpps.values())) == 1 else None
    networks = [[one.hash, one.chosen] for one in (*cascade.segmenters, *cascade.classifiers)]
    decision = cascade.decision.data() if cascade.decision else None
    return {
        "mpp": mpp,
        "networks": networks,
        "window": cascade.window,
        "threshold": cascade.threshold or None,
        "decision": decision,
    }


def _usable(cascade: Cascade, images: list[Path], mpps: Mapping[Path, float]) -> Iterator[tuple[np.ndarray, float]]:
    """The stain-normalised images; one that cannot be read is named when its turn to be scored comes."""
    for path in track(images, "adapting"):
        try:
            yield cascade.normalised(read_image(path), mpp=mpps[path], name=path.name), mpps[path]
        except InputError:
            continue


def _content(path: Path) -> str:
    """Digest of a file; empty for one that cannot be read, which is named when its turn to be scored comes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _readable(name: str) -> str:
    """A file name in UTF-8; undecodable bytes become �."""
    return os.fsencode(name).decode("utf-8", "replace")
