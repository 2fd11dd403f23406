"""The tiles of a slide that are done, in a file that grows tile by tile, so that a stopped prediction goes on."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mitosis import files
from mitosis.cascade.slide_tiles import Place, Tile


class TileRecord:
    """A file with a line for what the tiles depend on and one for each tile.

    A file of another slide or of other networks is started anew; a line that was half written is dropped.

    Args:
        path: The file.
        asked: What the tiles depend on: plain data.
    """

    def __init__(self, path: Path, asked: dict[str, Any]) -> None:
        self.path = path
        self.tiles: dict[Place, Tile] = {}
        head = json.dumps(asked, sort_keys=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if lines and lines[0] == head:
            self.tiles = {tile.place: tile for tile in map(_read, lines[1:]) if tile is not None}
        files.write_text(path, "".join(f"{line}\n" for line in (head, *map(_line, self.tiles.values()))))
        self._file = path.open("a", encoding="utf-8")

    def add(self, tile: Tile) -> None:
        """Note a tile; one whose squares could not all be read is kept here, but tried again next time.

        Raises ``OSError`` naming the file if it cannot be written, as on a full disk.
        """
        self.tiles[tile.place] = tile
        if tile.lost:
            return
        try:
            self._file.write(f"{_line(tile)}\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def __enter__(self) -> "TileRecord":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # of what could not be written, ``add`` has told
            self._file.close()

    def remove(self) -> None:
        """Remove the file, and its folder if no other slide's is in it."""
        self.path.unlink(missing_ok=True)
        if not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()


def _line(tile: Tile) -> str:
    return json.dumps([tile.place, tile.tissue_mm2, tile.candidates.tolist()])


def _read(line: str) -> Tile | None:
    try:
        (row, column), area, candidates = json.loads(line)
        return Tile((int(row), int(column)), float(area), np.array(candidates, np.float64).reshape(-1, 5), [])
    except (ValueError, TypeError):
        return None
