"""A graph as a picture, drawn in layers: what is needed stands left of what needs it, a band for each region.

SVG by hand: a layout of a hundred boxes needs no library, and whoever gets the file no program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from tapctl.graph import Graph, Mark, Node, levels
from tapctl.render.graphs import STYLES

WIDE, HIGH = 200, 34  # of a box, in pixels
ACROSS, BETWEEN, LANE = 64, 12, 8  # from column to column, from box to box, the room of a line that passes a column
EDGE, HEAD = 20, 30  # around everything, and what a heading takes
LETTERS = 26  # of a label, in a box
SWEEPS = 12

Knot = tuple[str, int]  # a line's way past a column, or (a node's name, -1)


@dataclass(frozen=True)
class Spot:
    """The upper left corner of a box; of a passing line's room."""

    x: int
    y: int


@dataclass(frozen=True)
class Layout:
    """ways: by edge, the knots from the one to the other; bands: region -> (top, bottom)."""

    spots: Mapping[Knot, Spot]
    ways: Mapping[tuple[str, str], list[Knot]]
    bands: Mapping[str, tuple[int, int]]
    width: int
    height: int


def columns(graph: Graph) -> dict[str, int]:
    """The column of each node: as far right as what needs it allows, so that lines are short."""
    level = levels([node.name for node in graph.nodes], graph.edges)
    for name in sorted(level, key=lambda name: -level[name]):
        right = [level[dependent] for needed, dependent in graph.edges if needed == name]
        if right and min(right) > level[name]:  # never of those that need each other
            level[name] = min(right) - 1
    return level


def layout(graph: Graph) -> Layout:
    column, region = columns(graph), {node.name: node.region for node in graph.nodes}
    rows: dict[tuple[str, int], list[Knot]] = {}  # (region, column) -> what stands there, from above
    for node in graph.nodes:
        rows.setdefault((node.region, column[node.name]), []).append((node.name, -1))
    ways: dict[tuple[str, str], list[Knot]] = {}
    for number, (needed, dependent) in enumerate(graph.edges):
        ways[needed, dependent] = way = [(needed, -1)]
        for passed in range(column[needed] + 1, column[dependent]):
            way.append((f"{number}", passed))
            rows.setdefault((region[dependent], passed), []).append(way[-1])
        way.append((dependent, -1))
    order(rows, ways)
    spots, bands, top = {}, {}, EDGE
    for name in graph.regions:
        stacks = {at: knots for (where, at), knots in rows.items() if where == name}
        tall = max(sum(map(room, knots)) for knots in stacks.values())
        for at, knots in stacks.items():
            y = top + HEAD + (tall - sum(map(room, knots))) // 2
            for knot in knots:
                spots[knot] = Spot(2 * EDGE + at * (WIDE + ACROSS), y)
                y += room(knot)
        bands[name] = (top, top + HEAD + tall + EDGE // 2)
        top = bands[name][1] + EDGE
    return Layout(spots, ways, bands, 4 * EDGE + max(column.values()) * (WIDE + ACROSS) + WIDE, top + HEAD)


def room(knot: Knot) -> int:
    return HIGH + BETWEEN if knot[1] < 0 else LANE


def order(rows: Mapping[tuple[str, int], list[Knot]], ways: Mapping[tuple[str, str], list[Knot]]) -> None:
    """Put each beside what it is joined with, to and fro, so that few lines cross."""
    joined: dict[Knot, list[Knot]] = {knot: [] for knots in rows.values() for knot in knots}
    for way in ways.values():
        for one, other in pairwise(way):
            joined[one].append(other)
            joined[other].append(one)
    place = {knot: n / len(knots) for knots in rows.values() for n, knot in enumerate(knots)}
    for sweep in range(SWEEPS):
        for at in sorted(rows, key=lambda at: at[1], reverse=sweep % 2 == 1):
            knots = rows[at]
            knots.sort(key=lambda knot: sum(place[other] for other in joined[knot]) / len(joined[knot])
                       if joined[knot] else place[knot])
            place |= {knot: (n + 0.5) / len(knots) for n, knot in enumerate(knots)}


# ---------------------------------------------------------------- SVG
def svg(graph: Graph) -> str:
    """One document that needs nothing else, for a light and a dark screen."""
    drawn = layout(graph)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width} {drawn.height}" '
        f'width="{drawn.width}" height="{drawn.height}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(graph.stack)}</title>",
        f"<style>{''.join(rules())}</style>",
        '<marker id="head" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0L6 3L0 6z"/></marker>',
        f'<rect class="page" width="{drawn.width}" height="{drawn.height}"/>',
        *(band(region, top, bottom, drawn.width) for region, (top, bottom) in drawn.bands.items()),
        *(line(drawn, way) for way in drawn.ways.values()),
        *(box(node, drawn.spots[node.name, -1]) for node in graph.nodes),
        *legend(graph, drawn.height - HEAD // 2),
        "</svg>"])


def rules() -> Iterator[str]:
    for dark in (0, 1):
        ink, page, grey = (("#202124", "#ffffff", "#9aa0a6"), ("#e8eaed", "#0d1117", "#80868b"))[dark]
        yield "@media (prefers-color-scheme:dark){" if dark else ""
        yield (f"text{{fill:{ink}}}.page{{fill:{page}}}.band{{fill:none;stroke:{grey};stroke-dasharray:4 4}}"
               f".line{{fill:none;stroke:{grey}}}.head{{fill:{grey}}}")
        for mark, style in STYLES.items():
            yield f".{mark.css}{{fill:{style.fill[dark]};stroke:{style.line[dark]}}}"
        yield "}" if dark else ""
    yield ".missing{stroke-dasharray:5 3}"


def band(region: str, top: int, bottom: int, width: int) -> str:
    return (f'<rect class="band" x="{EDGE}" y="{top}" width="{width - 2 * EDGE}" height="{bottom - top}" rx="8"/>'
            f'<text x="{EDGE + 12}" y="{top + 20}" font-weight="bold">{escape(region)}</text>')


def line(drawn: Layout, way: list[Knot]) -> str:
    """A smooth line through its knots. Between two of one column it bends out to the right."""
    points = []
    for knot in way:
        spot = drawn.spots[knot]
        y = spot.y + room(knot) // 2 - (BETWEEN // 2 if knot[1] < 0 else 0)
        points.append((spot.x, spot.x + WIDE, y))
    path, (_, x, y) = "", points[0]
    for left, right, then in points[1:]:
        end, bend = (right, ACROSS // 3) if right == points[0][1] else (left, ACROSS // 2)
        pull = end + bend if end == right else end - bend
        path += f" C{x + bend} {y} {pull} {then} {end} {then}"
        path += f" H{right}" if end == left and (left, right, then) != points[-1] else ""
        x, y = right, then
    return f'<path class="line" marker-end="url(#head)" d="M{points[0][1]} {points[0][2]}{path}"/>'


def box(node: Node, spot: Spot) -> str:
    label = node.label if len(node.label) <= LETTERS else node.label[:LETTERS - 1] + "…"
    return (f"<g><title>{escape(f'{node.name}: {node.mark.value} ({node.state}) {node.id}'.rstrip())}</title>"
            f'<rect class="{node.mark.css}" x="{spot.x}" y="{spot.y}" width="{WIDE}" height="{HIGH}" rx="5" '
            f"data-name={quoteattr(node.name)}/>"
            f'<text x="{spot.x + 9}" y="{spot.y + 21}">{STYLES[node.mark].sign} {escape(label)}</text></g>')


def legend(graph: Graph, y: int) -> Iterator[str]:
    present = [mark for mark in Mark if any(node.mark is mark for node in graph.nodes)]
    for number, mark in enumerate(present):
        x = EDGE + number * 140
        yield (f'<rect class="{mark.css}" x="{x}" y="{y - 10}" width="14" height="12" rx="2"/>'
               f'<text x="{x + 20}" y="{y}">{mark.value}</text>')
