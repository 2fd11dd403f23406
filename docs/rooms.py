"""Draw the rooms of the package and the imports between them: ``python docs/rooms.py`` writes rooms.svg.

The floors are those that import-linter checks (pyproject.toml). An arrow is left out where a longer path leads to the
same room, so the drawing is the smallest one that implies every import.
"""

import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import mean

import grimp

ROOT = Path(__file__).resolve().parents[1]
DRAWING = ROOT / "docs" / "rooms.svg"

WIDTH, ROW, BOX, LETTER = 980, 104, 34, 8.4
STYLE = """
  text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #1f2933; text-anchor: middle }
  rect { fill: #eef2fb; stroke: #3f51b5; stroke-width: 1.2; rx: 6 }
  path { fill: none; stroke: #7986cb; stroke-width: 1.3; marker-end: url(#tip) }
  #tip path { fill: #7986cb; stroke: none; marker-end: none }
"""

Edge = tuple[str, str]


def floors() -> list[list[str]]:
    """The rooms of each floor, from the top."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [sorted(room.strip() for room in layer.split("|")) for layer in layers]


def imports(rooms: set[str]) -> set[Edge]:
    """Which room imports which; read from the sources, nothing is executed."""
    graph = grimp.build_graph("mitosis", cache_dir=None)
    pairs = [(a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a)]
    between = {(a.split(".")[1], b.split(".")[1]) for a, b in pairs if "." in a and "." in b}
    return {(a, b) for a, b in between if a != b and {a, b} <= rooms}


def reduced(edges: set[Edge]) -> set[Edge]:
    """The edges of an acyclic graph without those that a longer path implies."""
    below: dict[str, set[str]] = {a: {b for start, b in edges if start == a} for edge in edges for a in edge}
    reach: dict[str, set[str]] = {}
    for room in TopologicalSorter(below).static_order():  # what is imported comes first
        reach[room] = below[room].union(*(reach[b] for b in below[room]))
    return {(a, b) for a, b in edges if not any(b in reach[c] for c in below[a])}


def layout(floor_of: dict[str, int], edges: set[Edge]) -> tuple[dict[str, tuple[float, float]], list[list[str]]]:
    """The centre of each box and bend, and the way of each arrow: its boxes, with a bend in each floor between."""
    ways = [[a, *(f"{a}>{b}@{floor}" for floor in range(floor_of[a] + 1, floor_of[b])), b] for a, b in sorted(edges)]
    rows: list[list[str]] = [[] for _ in range(max(floor_of.values()) + 1)]
    for name in sorted(floor_of):
        rows[floor_of[name]].append(name)
    for way in ways:
        for bend in way[1:-1]:
            rows[int(bend.split("@")[1])].append(bend)
    steps = [step for way in ways for step in zip(way, way[1:], strict=False)]
    near: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for a, b in steps:
        near[a].append(b)
        near[b].append(a)
    x: dict[str, float] = {}
    for row in rows:
        x |= _spread(row, {name: index for index, name in enumerate(row)})
    for sweep in range(24):  # each row is ordered by its neighbours in the row before, downward and upward in turn
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for index in order:
            before = set(rows[index - 1 if sweep % 2 == 0 else index + 1])
            wish = {n: mean([x[m] for m in near[n] if m in before] or [x[n]]) for n in rows[index]}
            x |= _spread(rows[index], wish)
    return {name: (x[name], 30 + ROW * index) for index, row in enumerate(rows) for name in row}, ways


def _width(name: str) -> float:
    return 12.0 if "@" in name else LETTER * len(name) + 22


def _spread(row: list[str], wish: dict[str, float]) -> dict[str, float]:
    """Centres from left to right in the order of ``wish``, over the whole width."""
    order = sorted(row, key=lambda name: (round(wish[name], 3), name))
    free = (WIDTH - sum(map(_width, order))) / (len(order) + 1)
    centres, left = {}, free
    for name in order:
        centres[name] = left + _width(name) / 2
        left += _width(name) + free
    return centres


def draw() -> str:
    """The drawing as SVG; the same sources give the same text."""
    storeys = floors()
    floor_of = {room: index for index, row in enumerate(storeys) for room in row}
    downward = {(a, b) for a, b in imports(set(floor_of)) if floor_of[a] < floor_of[b]}  # make lint refuses others
    places, ways = layout(floor_of, reduced(downward))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {ROW * (len(storeys) - 1) + 60}">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
        '<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>',
    ]
    lines += [f'<path d="{_curve([places[name] for name in way])}"/>' for way in ways]
    for name in sorted(floor_of):
        x, y = places[name]
        left, width = x - _width(name) / 2, _width(name)
        lines.append(f'<rect x="{left:.1f}" y="{y - BOX / 2:.1f}" width="{width:.1f}" height="{BOX}"/>')
        lines.append(f'<text x="{x:.1f}" y="{y + 5:.1f}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _curve(points: list[tuple[float, float]]) -> str:
    """From the lower edge of the first box to the upper edge of the last, straight down through the bends."""
    (x, y), *bends, (end_x, end_y) = points
    text, x, y = f"M{x:.1f} {y + BOX / 2:.1f}", x, y + BOX / 2
    for bend_x, bend_y in bends:
        top, bottom = bend_y - BOX / 2, bend_y + BOX / 2
        text += f"{_bow(x, y, bend_x, top)}L{bend_x:.1f} {bottom:.1f}"
        x, y = bend_x, bottom
    return text + _bow(x, y, end_x, end_y - BOX / 2 - 1)


def _bow(x: float, y: float, end_x: float, end_y: float) -> str:
    middle = (y + end_y) / 2
    return f"C{x:.1f} {middle:.1f} {end_x:.1f} {middle:.1f} {end_x:.1f} {end_y:.1f}"


if __name__ == "__main__":
    DRAWING.write_text(draw(), encoding="utf-8")
