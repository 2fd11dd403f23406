"""Whether all that is said of an image's resolution agrees, and which of it is used."""

from collections.abc import Sequence
from pathlib import Path

from mitosis.errors import InputError
from mitosis.image.stated import PLACEHOLDER, Stated

TYPED, FILE = "typed", "file"
MPP_FROM = (None, TYPED, FILE)
"""Values of ``mpp_from``: refuse what contradicts, trust what was typed, or trust the file."""
DIFFERS, CONTRADICTS = 1.02, 1.9
"""Ratios of two resolutions: above the first a warning, from the second on a refusal (1.9, for tags are rounded)."""


def check_mpp_from(value: object, key: str) -> None:
    """``InputError`` naming ``key`` unless ``value`` is one of ``MPP_FROM``."""
    if value not in MPP_FROM:
        raise InputError(f"{key}={value}: choose typed (what you typed) or file (what the files say), or leave it out")


def agreed_mpp(
    path: Path, typed: float | None, stated: Sequence[Stated], mpp_from: str | None, key: str
) -> tuple[float | None, str]:
    """The resolution that is used, and one line on what differs from it, empty if nothing does.

    What was typed is used, or else what the file states first. All values are compared, also the file's among
    themselves and x with y: a difference above 2 % is told, a twofold one refused.

    Args:
        path: The image, for messages.
        typed: µm per pixel as the user gave it; None if the user gave none.
        stated: What the file says.
        mpp_from: ``TYPED`` or ``FILE`` settles which is used even if they contradict; None refuses.
        key: How the user types the resolution, ``data.mpp`` or ``mpp``.

    Returns:
        µm per pixel, None if nothing is known; and the line.

    Raises:
        InputError: Two values contradict and nothing says which is right, or the one that ``mpp_from`` names is
            missing.
    """
    if mpp_from == TYPED and typed is None:
        raise InputError(f"{key}_from=typed: no resolution was typed; type {key}= as well")
    if mpp_from == FILE and not stated:
        raise InputError(f"{key}_from=file: {path} does not give its resolution; type {key}= for it")
    used = stated[0].mpp if stated and (typed is None or mpp_from == FILE) else typed
    values = [] if typed is None else [(TYPED, typed)]
    for one in stated:
        if typed is not None and one.mpp >= PLACEHOLDER:  # of a screen or a printer
            continue
        same = max(one.x, one.y) <= DIFFERS * min(one.x, one.y)
        axes = [(one.source, one.mpp)] if same else [(f"{one.source} along x", one.x), (f"{one.source} along y", one.y)]
        values += [(f"by {source}", value) for source, value in axes]
    if len(values) < 2 or _ratio(values) <= DIFFERS:
        return used, ""
    said = " and ".join(f"{value:.4g} {source}" for source, value in values)
    line = f"{path}: {said} µm per pixel"
    of_file = [value for value in values if value[0] != TYPED]
    settled = mpp_from == TYPED or (mpp_from == FILE and _ratio(of_file) < CONTRADICTS)
    if _ratio(values) >= CONTRADICTS and not settled:
        if typed is None:
            remedy = f"{key}= with the right one and {key}_from=typed"
        elif _ratio(of_file) >= CONTRADICTS:
            remedy = f"{key}_from=typed"
        else:
            remedy = f"{key}_from=typed or {key}_from=file, whichever is right"
        raise InputError(f"{line} contradict each other; type {remedy}")
    return used, f"{line}; {used:.4g} is used"


def _ratio(values: Sequence[tuple[str, float]]) -> float:
    numbers = [value for _, value in values]
    return max(numbers) / min(numbers)
