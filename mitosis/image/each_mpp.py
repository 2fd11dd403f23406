"""The resolution of each of several images: as typed for all, or as its own file says."""

from collections.abc import Sequence
from pathlib import Path

from mitosis.errors import InputError
from mitosis.image.agreement import FILE, agreed_mpp, check_mpp_from
from mitosis.image.shared_mpp import shared_mpp, warn_of_remarks
from mitosis.image.stated import PLACEHOLDER, stated_mpp
from mitosis.image.telling import warn_of_images


def each_mpp(paths: Sequence[Path], typed: float | None, mpp_from: str | None) -> dict[Path, float]:
    """µm per pixel of each image. If nothing was typed, one that cannot be read is left out.

    Args:
        paths: The images.
        typed: µm per pixel as the user gave it for all; None if each file says it.
        mpp_from: Which is right if both contradict, as in ``agreed_mpp``.

    Returns:
        Image → its resolution, which may be anything that a file says.

    Raises:
        InputError: As ``shared_mpp``; nothing was typed, and an image does not say its resolution or contradicts
            itself.
    """
    if typed is not None:
        shared = shared_mpp(paths, typed, mpp_from)
        return dict.fromkeys(paths, shared)
    check_mpp_from(mpp_from, "mpp_from")
    found: dict[Path, float] = {}
    silent: list[Path] = []
    told: list[str] = []
    for path in paths:
        try:
            stated = [one for one in stated_mpp(path) if one.mpp < PLACEHOLDER]
        except InputError:
            continue
        mpp, line = agreed_mpp(path, None, stated, None if mpp_from == FILE and not stated else mpp_from, "mpp")
        told.append(line)
        if mpp is None:
            silent.append(path)
        else:
            found[path] = mpp
    if silent:
        raise InputError(
            f"{len(silent)} of {len(paths)} images do not state their resolution, such as {silent[0]}; type mpp= with"
            " µm per pixel, e.g. mpp=0.25 for a usual 40x scan"
        )
    warn_of_images("differ in what is said of their resolution", told)
    warn_of_remarks(paths)
    return found
