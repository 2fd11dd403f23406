"""The page that lists the images of a prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from mitosis import files
from mitosis.count.count import Count
from mitosis.output.count_table import component_words
from mitosis.output.page.template import escaped, filled, part


def write_index(path: Path, counts: Mapping[str, Count], pages: str, facts: Sequence[str]) -> None:
    """Write the list atomically.

    Args:
        path: The file.
        counts: Name of each image → its count.
        pages: Folder beside the file with the pages of images, ``NAME.html``; one that is missing is not linked.
        facts: Lines on how the detections were made.
    """
    there = {name: (path.parent / pages / f"{name}.html").is_file() for name in counts}
    addresses = {name: f"{pages}/{quote(name)}.html" if there[name] else "" for name in counts}
    rows = "\n".join(_row(name, count, addresses[name]) for name, count in counts.items())
    files.write_text(
        path,
        filled(part("index.html"), style=part("page.css"), rows=rows, facts=" · ".join(map(escaped, facts))),
    )


def _row(name: str, count: Count, address: str) -> str:
    numbers = ["–", "–"]
    if count.area_mm2:
        low, high = count.interval
        numbers = [f"{count.density:.1f}", f"{low:.1f} to {high:.1f}"]
    cells = [
        f'<td><a href="{address}">{escaped(name)}</a></td>' if address else f"<td>{escaped(name)}</td>",
        f'<td class="number">{count.figures}</td>',
        f'<td class="number wide">{count.area_mm2:.3f}</td>',
        f'<td class="number">{numbers[0]}</td>',
        f'<td class="wide">{numbers[1]}</td>',
        f"<td>{escaped(component_words(count).removeprefix('mitotic component '))}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"
