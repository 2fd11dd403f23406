"""The common base of datasets of annotated whole slides, which are cut into regions."""

import math
import re
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from rich.progress import track
from typing_extensions import override

from mitosis.data.fold.deal import Official
from mitosis.data.inventory import Inventory
from mitosis.data.point_labelled import PointLabelled
from mitosis.data.reading.cells import cells_of, warn_of_lost
from mitosis.data.reading.root import checked_root, unique
from mitosis.data.reading.slide_frame import Frame, frame_of
from mitosis.data.record import Circle, Record
from mitosis.errors import InputError
from mitosis.image.agreement import agreed_mpp, check_mpp_from
from mitosis.image.mpp import check_mpp
from mitosis.image.slide import SLIDES, read_region, slide_mpp, tissue_share
from mitosis.image.telling import warn_of_images
from mitosis.image.walk import files_under
from mitosis.label import sliderunner
from mitosis.label.annotation import Annotation, Labels
from mitosis.label.shape import inside

TISSUE = 0.05
"""Minimum share of tissue in a tissue region."""

Place = tuple[int, int]
"""Row and column of a region in the slide's grid."""


class SlideSet(PointLabelled):
    """Base class of datasets of whole slides with SlideRunner databases, anywhere under ``root``.

    A record is a region of a slide; a case is a slide. Regions are the squares of a grid that starts at the slide's
    upper left corner; those at its right and lower edges are cut off. A cell belongs to the region that holds its
    centre; the part of a mitosis that lies in a neighbouring region is ignored there.

    Reading raises ``InputError`` if the folder or the database does not exist, a slide is missing (unless the whole
    official test part is), exists twice or has not the size that its database gives; also as ``sliderunner.read`` and
    ``mitosis.image.slide``.

    Args:
        root: Folder that holds the slides and the databases.
        labels: Variant of the labels. All databases whose names start with ``NAME_<labels>`` are read (there may be one
            for training and one for test).
        regions: ``labelled`` uses the regions that hold an annotated cell; ``tissue`` adds all others that show tissue.
            Scores are those of whole slides only with ``tissue``.
        side_um: Side of a region in µm.
        mpp: µm per pixel, if the slides do not give it.
        mpp_from: Which is right if ``mpp`` and the slides contradict: ``typed`` or ``file``. None refuses them.
        kwargs: As for ``PointLabelled``.

    Raises:
        InputError: ``labels``, ``regions``, ``side_um``, ``mpp`` or ``mpp_from`` is not valid.
    """

    NAME: ClassVar[str]
    INVENTORIES: ClassVar[Mapping[str, Inventory]]
    """Variant of the labels → its published counts."""
    CLASSES: ClassVar[Mapping[int, bool]]
    """Class number in the databases → whether it means mitosis; other classes are ignored."""
    SCANNER: ClassVar[str]

    def __init__(
        self,
        root: str | None = None,
        labels: str = "ODAEL",
        regions: Literal["labelled", "tissue"] = "labelled",
        side_um: float = 512.0,
        mpp: float | None = None,
        mpp_from: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(root, **kwargs)
        if labels not in self.INVENTORIES:
            raise InputError(f"data.labels={labels}: choose one of {', '.join(self.INVENTORIES)}")
        if regions not in ("labelled", "tissue"):
            raise InputError(f"data.regions={regions}: choose labelled or tissue")
        if not (isinstance(side_um, int | float) and math.isfinite(side_um) and side_um > 0):
            raise InputError(f"data.side_um={side_um}: give the side of a region in µm, above 0")
        if mpp is not None:
            check_mpp(mpp, f"data.mpp={mpp}")
        check_mpp_from(mpp_from, "data.mpp_from")
        self.labels, self.regions, self.side_um, self.mpp, self.mpp_from = labels, regions, side_um, mpp, mpp_from
        self.inventory = self.INVENTORIES[labels]

    @abstractmethod
    def official(self) -> Official:
        """The published test slides, as file names without suffix."""

    @property
    @override
    def remark(self) -> str:
        return "" if self.regions == "tissue" else "only regions that hold a label; data.regions=tissue is all of them"

    @override
    def records(self) -> list[Record]:
        folder = checked_root(self.root, f"the slides and {self.NAME}_{self.labels}.sqlite")
        content = _merged([(path, sliderunner.read(path, self.CLASSES)) for path in self.databases()])
        slides = self._slides(folder, content)
        cells: dict[str, list[Annotation]] = defaultdict(list)
        for cell in content.annotations:
            cells[_name(cell.image)].append(cell)
        records, lost, told = [], [], []
        for name, (path, frame) in track(slides.items(), "looking at slides", disable=self.regions == "labelled"):
            size = frame.size
            within = [cell for cell in cells[name] if inside(cell, size)]
            lost += [(path.name, cell) for cell in cells[name] if not inside(cell, size)]
            mpp, line = self._mpp(path)
            told.append(line)
            records += self._regions(name, path, frame, mpp, within)
        warn_of_lost(lost)
        warn_of_images("differ in what is said of their resolution", told)
        return records

    def databases(self) -> list[Path]:
        """The databases of the chosen labels, sorted. Raises ``InputError`` if there is none."""
        folder = checked_root(self.root, f"the slides and {self.NAME}_{self.labels}.sqlite")
        begin = re.compile(rf"{self.NAME}_{self.labels}([_\W]|$)", re.IGNORECASE)
        paths = sorted(path for path in files_under(folder) if path.suffix == ".sqlite" and begin.match(path.name))
        if not paths:
            raise InputError(f"data.root={folder}: no {self.NAME}_{self.labels}.sqlite in it; put it beside the slides")
        return paths

    def _slides(self, folder: Path, content: Labels) -> dict[str, tuple[Path, Frame]]:
        sizes = {_name(name): size for name, size in content.sizes.items()}
        images = (path for path in files_under(folder) if path.suffix.lower() in SLIDES)
        slides = unique((_name(path), path) for path in images if _name(path) in sizes)
        missing = sorted(sizes.keys() - slides.keys())
        if missing and set(missing) != self.official().test.intersection(sizes):
            some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
            raise InputError(f"data.root={folder}: {len(missing)} of {len(sizes)} slides missing: {some}")
        return {name: (path, frame_of(path, sizes[name])) for name, path in slides.items()}

    def _mpp(self, path: Path) -> tuple[float, str]:
        """The resolution of a slide, and one line on what differs from it."""
        mpp, line = agreed_mpp(path, self.mpp, slide_mpp(path), self.mpp_from, "data.mpp")
        if mpp is None:
            raise InputError(f"{path}: the slide does not give its µm per pixel; type data.mpp=0.25 or what it is")
        return check_mpp(mpp, f"{path} has {mpp:.4g} µm per pixel"), line

    def _regions(
        self, name: str, path: Path, frame: Frame, mpp: float, cells: Sequence[Annotation]
    ) -> Iterator[Record]:
        side = max(1, round(self.side_um / mpp))
        held: dict[Place, list[Annotation]] = defaultdict(list)
        beyond: dict[Place, list[Circle]] = defaultdict(list)
        for cell in cells:
            row, column = place = int((cell.y + 0.5) // side), int((cell.x + 0.5) // side)
            held[place].append(cell)
            if cell.mitotic and cell.outline is None:  # part of it may lie in a neighbour, where it is not background
                circle = Circle(cell.x, cell.y, (self.ring_um or self.radius_um) / mpp)
                for other in product((row - 1, row, row + 1), (column - 1, column, column + 1)):
                    if other != place and _reaches(circle, other, side):
                        beyond[other].append(circle)
        used = set(held)
        if self.regions == "tissue":
            grid = product(*(range(-(-length // side)) for length in frame.size))
            places = ((place, frame.x + place[1] * side, frame.y + place[0] * side) for place in grid)
            used |= {place for place, x, y in places if tissue_share(path, x=x, y=y, side=side) >= TISSUE}
        for row, column in sorted(used):
            x, y = column * side, row * side
            box = x, y, min(side, frame.size[1] - x), min(side, frame.size[0] - y)
            yield self._record(name, path, frame, box, mpp, held[row, column], beyond[row, column])

    def _record(
        self,
        name: str,
        path: Path,
        frame: Frame,
        box: tuple[int, int, int, int],
        mpp: float,
        cells: Sequence[Annotation],
        beyond: Sequence[Circle],
    ) -> Record:
        x, y, width, height = box
        moved = [_moved(cell, x, y) for cell in cells]
        content = cells_of(moved, (height, width), mpp=mpp, radius_um=self.radius_um, ring_um=self.ring_um)
        return Record(
            field=f"{name}_{x:06d}_{y:06d}",
            read=partial(read_region, path, x=frame.x + x, y=frame.y + y, width=width, height=height),
            size=(height, width),
            mpp=mpp,
            case=name,
            slide=name,
            scanner=self.SCANNER,
            figures=content.figures,
            hard_negatives=content.hard_negatives,
            ignored=tuple(Circle(circle.x - x, circle.y - y, circle.radius) for circle in beyond),
        )


def _reaches(circle: Circle, place: Place, side: int) -> bool:
    """Whether a circle has a pixel in the region at ``place``."""
    centre, corner = np.array([circle.y, circle.x]), np.array(place) * side
    nearest = centre.clip(corner, corner + side - 1)
    return bool(np.hypot(*(nearest - centre)) < circle.radius)


def _name(file: str | Path) -> str:
    """A slide's name without its suffix, which differs between the publishers' databases."""
    return Path(file).stem.lower()


def _moved(cell: Annotation, x: int, y: int) -> Annotation:
    """The cell in pixels of the region whose upper left corner is (x, y)."""
    outline = None if cell.outline is None else cell.outline - (x, y)
    return replace(cell, x=cell.x - x, y=cell.y - y, box=None, outline=outline)


def _merged(tables: Sequence[tuple[Path, Labels]]) -> Labels:
    annotations: list[Annotation] = []
    sizes: dict[str, tuple[int, int] | None] = {}
    origin: dict[str, Path] = {}
    for path, labels in tables:
        for slide in labels.sizes:
            if (other := origin.setdefault(_name(slide), path)) != path:
                raise InputError(f"{path}: slide {slide} is in {other} as well; keep one of these databases")
        if len({_name(slide) for slide in labels.sizes}) < len(labels.sizes):
            raise InputError(f"{path}: two slides of one name, but for the suffix; remove one of them")
        annotations += labels.annotations
        sizes |= labels.sizes
    return Labels(tuple(annotations), sizes)
