"""The page that an image is dropped on, with one line on what went wrong before."""

from collections.abc import Sequence

from mitosis.output.page.template import escaped, filled, part

MB = 10**6


def upload_page(largest: int, facts: Sequence[str], failed: str = "") -> str:
    """The text of the page.

    Args:
        largest: Most bytes of an image.
        facts: Lines on how the detections are made.
        failed: What went wrong, in one line; nothing if empty.
    """
    return filled(
        part("upload.html"),
        style=part("page.css"),
        largest=f"{largest / MB:g}",
        facts=" · ".join(map(escaped, facts)),
        failed=f'<p class="failed" role="alert">{escaped(failed)}</p>' if failed else "",
    )
