"""The files in a folder that are the user's, not those that systems and programs leave there."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

_LEFT = frozenset(
    (
        "__macosx",
        "__pycache__",
        "@eadir",
        "@tmp",
        "@recycle",
        "@recently-snapshot",
        "#recycle",
        "#snapshot",
        "lost+found",
    )
    + ("$recycle.bin", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r")
    + ("network trash folder", "temporary items", "recycler", "found.000", "~snapshot", "@__thumb", "_gsdata_")
    + ("node_modules", "site-packages")
)
"""Names of folders and files that systems, notebooks and network drives make, in lower case."""


def is_own(path: PurePath) -> bool:
    """Whether a path, relative to the user's folder, is the user's: no part of it is hidden or left by a system.

    Hidden are names that begin with a dot (``.ipynb_checkpoints``, macOS' ``._a.png``) and Office's ``~$cells.csv``.
    """
    return not any(
        part.startswith((".", "~$")) or part.lower() in _LEFT for part in path.parts if part not in (".", "..")
    )


def files_under(root: Path) -> Iterator[Path]:
    """Every file of the user's under ``root``; links to folders are followed, and each folder is entered once."""
    entered = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            subfolders.clear()
            continue
        entered.add(real)
        subfolders[:] = [name for name in subfolders if is_own(PurePath(name))]
        yield from (Path(folder, name) for name in names if is_own(PurePath(name)))
