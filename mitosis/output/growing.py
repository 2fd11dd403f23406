"""The output folder of a prediction: tables that grow image by image, and what they were made from."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.count.count import Count
from mitosis.errors import InputError
from mitosis.inference.detections import Detections
from mitosis.label.name import shown_name
from mitosis.output.coco import write_coco
from mitosis.output.count_table import write_counts
from mitosis.output.image_files import PAGES
from mitosis.output.page.index import write_index
from mitosis.output.table import HEADER, MITOSIS, Row, detections_of, read_rows, rows_of, write_rows

FILE = "prediction.json"
ALL, ACCEPTED, COCO, INDEX = "candidates.csv", "detections.csv", "coco.json", "report.html"
SHARE = 0.05
"""Most of the time that is spent on writing tables: with many images, they are not written after every one."""


class GrowingTables:
    """``candidates.csv`` (all) and ``detections.csv`` (accepted) of a folder, and the images that are done.

    ``prediction.json`` says what the tables were made from, so that a stopped prediction goes on, and one of other
    networks or inputs is not mixed with it. It is written after the tables: an image that it does not name is done
    again. What is made from the tables is written with them: ``counts.csv``, ``hotspots.csv``, ``coco.json`` and
    ``report.html``, which lists the images' pages.

    Args:
        folder: The output folder.
        asked: What affects the detections besides the images: plain data.
        names: The images, by their names in the tables, in the order of the rows.
        facts: Lines on how the detections are made, for ``report.html``.

    Raises:
        InputError: The folder holds the detections of something else.
    """

    def __init__(self, folder: Path, asked: dict[str, Any], names: Sequence[str], facts: Sequence[str] = ()) -> None:
        self.folder, self.facts, self._asked, self._names = folder, facts, asked, names
        self._rows: dict[str, list[Row]] = {}
        self._counts: dict[str, Count] = {}
        self._done: dict[str, str] = {}
        self._written = self._took = 0.0
        then = files.read_json(folder / FILE)
        if not then and any((folder / name).exists() for name in (ALL, ACCEPTED)):
            raise InputError(f"output={folder} holds tables that say nothing of their inputs; give another folder")
        if then:
            self._resume(then)

    def _resume(self, then: dict[str, Any]) -> None:
        asked, done = then.get("asked"), then.get("images")
        if not isinstance(asked, dict) or not isinstance(done, dict):
            raise InputError(f"{self.folder / FILE} is not of this version; give another folder, or remove this one")
        if key := next((key for key in self._asked if asked.get(key) != self._asked[key]), None):
            raise InputError(
                f"output={self.folder} holds detections made with other settings ({key}); give another folder"
            )
        if other := sorted(done.keys() - set(self._names)):
            raise InputError(
                f"output={self.folder} holds the detections of other images, such as {other[0]}; give another folder"
            )
        if all((self.folder / name).is_file() for name in (ALL, ACCEPTED)):
            self._done = dict(done)
        shown = {shown_name(name): name for name in self._done}
        for row in read_rows(self.folder / ALL) if self._done else []:
            if row[0] in shown:
                self._rows.setdefault(shown[row[0]], []).append(row)
        counts = then.get("counts")
        for name, count in counts.items() if isinstance(counts, dict) else ():
            with contextlib.suppress(KeyError, TypeError, ValueError):  # of another version: it is counted again
                self._counts[name] = Count.of(count)

    def has(self, name: str, content: str) -> bool:
        """Whether an image is done; ``content`` is a digest of its file."""
        return self._done.get(name) == content

    def add(self, name: str, detections: Detections) -> None:
        """Put the detections of an image into the tables."""
        self._rows[name] = rows_of(name, detections)
        self._done.pop(name, None)
        self._counts.pop(name, None)

    def detections(self, name: str, mpp: float) -> Detections:
        """The detections of an image of ``mpp`` as they stand in the tables."""
        return detections_of(self._rows.get(name, ()), mpp)

    def count(self, name: str) -> Count | None:
        """The count of an image; None if it was not made yet."""
        return self._counts.get(name)

    def finish(self, name: str, content: str, count: Count) -> None:
        """Note that an image is done, and write the tables unless that would take too much of the time."""
        self._done[name], self._counts[name] = content, count
        if self._took <= SHARE * (time.monotonic() - self._written):
            self.write()

    def write(self) -> None:
        """Write the tables, and then which images are done."""
        began = time.monotonic()
        rows = [row for name in self._names for row in self._rows.get(name, ())]
        write_rows(self.folder / ALL, rows)
        write_rows(self.folder / ACCEPTED, [row for row in rows if row[HEADER.index("class")] == MITOSIS])
        counts = {name: self._counts[name] for name in self._names if name in self._counts}
        write_counts(self.folder, counts)
        sized = [(name, count.size, self._rows.get(name, ())) for name, count in counts.items()]
        write_coco(self.folder / COCO, sized)
        write_index(self.folder / INDEX, counts, PAGES, self.facts)
        kept = {name: count.data() for name, count in counts.items()}
        files.write_json(self.folder / FILE, {"asked": self._asked, "images": self._done, "counts": kept})
        self._written = time.monotonic()
        self._took = self._written - began

    def __enter__(self) -> "GrowingTables":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Keep what is done, also when something went wrong; a full disk must not hide what that was."""
        with contextlib.suppress(*([OSError] if kind else [])):
            self.write()

    @property
    def counts(self) -> tuple[int, int, int]:
        """The numbers of mitotic figures, of candidates and of images that are done."""
        rows = [row for name in self._done for row in self._rows.get(name, ())]
        return sum(row[HEADER.index("class")] == MITOSIS for row in rows), len(rows), len(self._done)
