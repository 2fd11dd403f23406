"""Warnings about several images at once, with their number and the first of them."""

import warnings
from collections.abc import Sequence

SHOWN = 3
"""Number of images that a warning names."""


def warn_of_images(what: str, lines: Sequence[str]) -> None:
    """Warn once that some images ``what``: their number, and the first lines about them.

    ``lines``: one for each image that was looked at, empty for one without a remark.
    """
    if told := [line for line in lines if line]:
        some = "; ".join(told[:SHOWN]) + ("; …" if len(told) > SHOWN else "")
        warnings.warn(f"{len(told)} of {len(lines)} images {what}: {some}", stacklevel=3)
