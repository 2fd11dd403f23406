"""The one resolution of images that are read together, after a look at what each of them says."""

from collections.abc import Sequence
from pathlib import Path

from mitosis.errors import InputError
from mitosis.image.agreement import DIFFERS, FILE, agreed_mpp, check_mpp_from
from mitosis.image.remarks import PAGES, TURNED, remarks
from mitosis.image.stated import stated_mpp
from mitosis.image.telling import warn_of_images


def shared_mpp(paths: Sequence[Path], typed: float, mpp_from: str | None, key: str = "mpp") -> float:
    """µm per pixel of all images: as typed, or with ``mpp_from=file`` as their files say.

    Warnings tell which images say something else, are turned or have several pages. An image that cannot be read is
    left to the reading of its pixels.
    Raises ``InputError`` as ``agreed_mpp``, and with ``mpp_from=file`` for images of two resolutions.
    """
    check_mpp_from(mpp_from, f"{key}_from")
    used: dict[Path, float] = {}
    told: list[str] = []
    for path in paths:
        try:
            stated = stated_mpp(path)
        except InputError:
            continue
        mpp, line = agreed_mpp(path, typed, stated, mpp_from, key)
        told.append(line)
        used[path] = typed if mpp is None else mpp
    warn_of_images("differ in what is said of their resolution", told)
    warn_of_remarks(paths)
    return typed if mpp_from != FILE or not used else _single(used, key)


def warn_of_remarks(paths: Sequence[Path]) -> None:
    """Warn which images are turned or have several pages; one that cannot be read is left out."""
    said: dict[str, list[str]] = {TURNED: [], PAGES: []}
    for path in paths:
        try:
            own = remarks(path)
        except InputError:
            continue
        for what, lines in said.items():
            lines.append(str(path) if what in own else "")
    for what, lines in said.items():
        warn_of_images(what, lines)


def _single(used: dict[Path, float], key: str) -> float:
    low, high = min(used, key=used.__getitem__), max(used, key=used.__getitem__)
    if used[high] > DIFFERS * used[low]:
        raise InputError(
            f"{key}_from=file: {low} has {used[low]:.4g} µm per pixel and {high} {used[high]:.4g}; run them apart"
        )
    return used[low]
