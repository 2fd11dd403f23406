"""Running the cascade on whole slides and putting their detections into the tables."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.slide_tiles import Place, SlideTiles
from mitosis.cascade.tile_record import TileRecord
from mitosis.count.count import Count, count_figures
from mitosis.count.tissue_map import TissueMap
from mitosis.errors import InputError
from mitosis.image.overview import Overview, find_tissue
from mitosis.image.scan import SQUARE, Scan, read_scan, scan_content, scan_mpp
from mitosis.image.slide import slide_levels
from mitosis.inference.components import Candidates
from mitosis.inference.detections import Detections
from mitosis.output.count_table import summary
from mitosis.output.growing import GrowingTables
from mitosis.output.image_files import files_of, page_of, write_point_files
from mitosis.output.page.slide_page import write_slide_page

UNFINISHED = "unfinished"
"""Folder beside the tables with the tiles of slides that are not done."""
SLIDES = "slides.json"
"""File beside the tables that says of each slide how large it and its tissue are."""
SPEED = 600.0
"""Seconds over which the speed is averaged that gives the time left."""


@dataclass(frozen=True)
class Slides:
    """Whole slides to be predicted.

    Attributes:
        paths: Their files.
        mpp: µm per pixel as the user typed it; None to take what the slides state.
        mpp_from: Which is right if both contradict: ``typed``, ``file`` or None.
    """

    paths: tuple[Path, ...]
    mpp: float | None
    mpp_from: str | None


NO_SLIDES = Slides((), None, None)


def predict_slides(
    cascade: Cascade,
    slides: Slides,
    names: Mapping[Path, str],
    output: Path,
    asked: dict[str, Any],
    tables: GrowingTables,
    hpf_mm: float,
) -> dict[Path, str]:
    """Find the mitotic figures of whole slides, one slide after another, and put them into the tables.

    A slide that was stopped goes on at its next tile. A slide that cannot be used does not stop the others; of one that
    is damaged in places, the rest is put into the tables.

    Args:
        cascade: The trained networks.
        slides: The slides.
        names: Their files → their names in the tables.
        output: The tables' folder.
        asked: What the detections depend on besides the slides, as plain data.
        tables: The tables.
        hpf_mm: Diameter of a high-power field in mm, for the mitotic component.

    Returns:
        The slides that are not or not wholly done, with a line for each.
    """
    broken: dict[Path, str] = {}
    for path in slides.paths:
        name = names[path]
        try:
            mpp, line = scan_mpp(path, slides.mpp, slides.mpp_from)
            if line:
                warnings.warn(line, stacklevel=2)
            content = f"{scan_content(path)} {mpp:g}"
            if tables.has(name, content):
                _complete(tables, name, content, path, mpp, hpf_mm)
                print(f"{path}: done")
                continue
            with TileRecord(output / UNFINISHED / f"{path.name}.jsonl", {**asked, "slide": content}) as record:
                scan = read_scan(path)
                detections, about, tissue = _predict(cascade, scan, mpp, record)
        except InputError as error:
            broken[path] = str(error)
            continue
        tables.add(name, detections)
        count = _count(tables, name, scan, tissue, hpf_mm)
        files.write_json(output / SLIDES, {**files.read_json(output / SLIDES), name: about})
        if about["unreadable"]:
            broken[path] = f"{path}: {_damage(about['unreadable'])}; the rest is in the tables"
            tables.write()
            continue
        tables.finish(name, content, count)
        tables.write()  # before the tiles, of which these are the result, are gone
        record.remove()
    return broken


def _complete(tables: GrowingTables, name: str, content: str, path: Path, mpp: float, hpf_mm: float) -> None:
    """Make what is missing of a slide that is done, or was made for fields of another diameter, from the tables."""
    count = tables.count(name)
    there = all(file.is_file() for file in files_of(tables.folder, name, overlay=False))
    if there and count is not None and count.hpf_mm == hpf_mm:
        return
    scan = read_scan(path)
    tissue = _analysed(find_tissue(scan, mpp, slide_levels(path)), (scan.height, scan.width), [])
    tables.finish(name, content, _count(tables, name, scan, tissue, hpf_mm))


def _count(tables: GrowingTables, name: str, scan: Scan, tissue: TissueMap, hpf_mm: float) -> Count:
    """Count the figures of a slide in the tables, and write and print the result."""
    detections = tables.detections(name, tissue.mpp)
    count = count_figures(detections.mitoses().points, tissue, hpf_mm)
    write_point_files(tables.folder, name, detections, count)
    write_slide_page(page_of(tables.folder, name), name, scan, detections, count, tables.facts)
    print(summary(name, count))
    return count


def _predict(
    cascade: Cascade, scan: Scan, mpp: float, record: TileRecord
) -> tuple[Detections, dict[str, Any], TissueMap]:
    """The detections of a slide, what ``SLIDES`` says of it, and its analysed tissue."""
    overview = find_tissue(scan, mpp, slide_levels(scan.path))
    areas: dict[Place, float] = {}
    if overview.tissue.any():  # otherwise no network is built, which takes longer than all the rest
        areas = _search(SlideTiles(cascade, scan, mpp, overview), scan.path.name, record)
    else:
        print(f"{scan.path}: no tissue found")
    found = [record.tiles[place] for place in areas]
    x, y, first, second, area = _in_order(np.concatenate([np.zeros((0, 5)), *(tile.candidates for tile in found)])).T
    nothing = np.zeros((0, 0), np.int32)
    candidates = Candidates(np.column_stack([x, y]), area, first, first, nothing)
    detections = cascade.accept(candidates, second, mpp=mpp)
    lost = sorted({square for tile in found for square in tile.lost})
    unseen = sum(overview.area_mm2((top, top + SQUARE), (left, left + SQUARE)) for left, top in lost)
    about = {
        "height": scan.height,
        "width": scan.width,
        "left": scan.left,
        "top": scan.top,
        "mpp": mpp,
        "tissue_mm2": round(sum(areas.values()) - unseen, 4),
        "unreadable": [list(square) for square in lost],
    }
    return detections, about, _analysed(overview, (scan.height, scan.width), lost)


def _search(tiles: SlideTiles, name: str, record: TileRecord) -> dict[Place, float]:
    """Fill the record with the tiles that it lacks; returns the tissue of all of them."""
    done = {place: area for place, area in tiles.areas.items() if place in record.tiles}
    with _progress() as progress:
        task = progress.add_task(name, total=sum(tiles.areas.values()))
        progress.update(task, completed=sum(done.values()))
        for tile in tiles.find(done):
            record.add(tile)
            progress.advance(task, tile.tissue_mm2)
    return tiles.areas


def _analysed(overview: Overview, size: tuple[int, int], lost: Sequence[tuple[int, int]]) -> TissueMap:
    """The tissue but for the squares that could not be read."""
    mask = overview.tissue.copy()
    rows, columns = ((np.arange(cells) + 0.5) * overview.side for cells in mask.shape)
    for left, top in lost:
        across, down = ((middle >= low) & (middle < low + SQUARE) for middle, low in ((columns, left), (rows, top)))
        mask[np.ix_(down, across)] = False
    return TissueMap(mask, size, overview.mpp)


def _in_order(candidates: np.ndarray) -> np.ndarray:
    """The candidates (n, 5) by decreasing score of stage one, as those of an image; ties from top left on."""
    x, y, first = candidates.T[:3]
    return candidates[np.lexsort((x, y, -first))]


def _damage(squares: list[list[int]]) -> str:
    which = "a square" if len(squares) == 1 else f"{len(squares)} squares, the first"
    return f"{which} of {SQUARE} x {SQUARE} pixels at x={squares[0][0]}, y={squares[0][1]}, cannot be read"


def _progress() -> Progress:
    done = TextColumn("{task.completed:.2f} of {task.total:.2f} mm² of tissue")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), done, TimeRemainingColumn())
    return Progress(*columns, speed_estimate_period=SPEED)
