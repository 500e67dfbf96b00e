"""A graph as text: a list that people read, and Mermaid's and Graphviz' languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.markup import escape

from tapctl.graph import Graph, Mark, Node, levels
from tapctl.render.plain import unmarked
from tapctl.render.report import hanging, near

WIDTH = 80
COLUMN = 26  # characters of the names; what is told of a longer one, or has too long a word, is below it


@dataclass(frozen=True)
class Style:
    """sign, colour: on a terminal; fill, line: in a picture, of light and, after it, of dark ones."""

    sign: str
    colour: str
    fill: tuple[str, str]
    line: tuple[str, str]


STYLES = {
    Mark.STANDS: Style("✓", "green", ("#e6f4ea", "#12331d"), ("#188038", "#5bb974")),
    Mark.MISSING: Style("+", "blue", ("#e8f0fe", "#132a4d"), ("#1a73e8", "#8ab4f8")),
    Mark.DRIFTED: Style("~", "yellow", ("#fef7e0", "#3d2f08"), ("#b06000", "#fdd663")),
    Mark.WAITING: Style("…", "yellow", ("#fff4e5", "#3d2a12"), ("#c26401", "#fcad70")),
    Mark.UNSEEN: Style("?", "magenta", ("#f3e8fd", "#2f1a45"), ("#8430ce", "#c58af9")),
    Mark.REFUSED: Style("✗", "red", ("#fce8e6", "#45160f"), ("#c5221f", "#f28b82")),
    Mark.SURPLUS: Style("-", "red", ("#f1f3f4", "#2d2e31"), ("#9a3412", "#e8a087")),
}


def text(graph: Graph, width: int = WIDTH) -> Iterator[str]:
    """Lines of rich markup, for so wide a terminal: region by region in the order in which things can be made."""
    level = levels([node.name for node in graph.nodes], graph.edges)
    yield f"[bold]{escape(graph.stack)}[/]  {len(graph.nodes)} resources, {len(graph.edges)} needs"
    for region, nodes in graph.regions.items():
        yield f"[bold]{region}[/]"
        before = -1
        for node in sorted(nodes, key=lambda node: level[node.name]):
            step = "" if level[node.name] == before else str(level[node.name] + 1)
            before = level[node.name]
            yield from line(graph, node, f"{step:>3}", width)
    yield from legend(graph)


def plain(graph: Graph) -> str:
    """The same without colours."""
    return "\n".join(unmarked(text(graph)))


def line(graph: Graph, node: Node, step: str, width: int) -> Iterator[str]:
    style = STYLES[node.mark]
    needs = ", ".join(near(name, node.region) for name in graph.needs(node.name))
    told = "; ".join(part for part in (
        node.state if node.mark not in (Mark.STANDS, Mark.MISSING) else "", f"needs {needs}" if needs else "") if part)
    lead, indent = f"{step} [{style.colour}]{style.sign}[/] ", COLUMN + 8
    if told and len(node.label) <= COLUMN and max(map(len, told.split())) <= width - indent:
        yield from hanging(f"{lead}{escape(f'{node.label:{COLUMN}}')}  ", told, width, indent)
        return
    yield lead + escape(node.label)
    if told:
        yield from hanging(" " * 8, told, width, 8)


def legend(graph: Graph) -> Iterator[str]:
    """The marks that there are, three a line."""
    counts = Counter(node.mark for node in graph.nodes)
    marks = [f"[{style.colour}]{style.sign}[/] {counts[mark]} {mark.value}"
             for mark, style in STYLES.items() if counts[mark]]
    yield from ("   ".join(marks[at:at + 3]) for at in range(0, len(marks), 3))


def mermaid(graph: Graph) -> str:
    """https://mermaid.js.org/syntax/flowchart.html"""
    ids = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for number, (region, nodes) in enumerate(graph.regions.items()):
        lines += [f'  subgraph r{number}["{region}"]',
                  *(f'    {ids[node.name]}["{STYLES[node.mark].sign} {entities(node.label)}"]:::{node.mark.css}'
                    for node in nodes), "  end"]
    lines += [f"  {ids[needed]} --> {ids[dependent]}" for needed, dependent in graph.edges]
    lines += [f"  classDef {mark.css} fill:{style.fill[0]},stroke:{style.line[0]},color:#202124"
              for mark, style in STYLES.items() if any(node.mark is mark for node in graph.nodes)]
    return "\n".join(lines)


def entities(label: str) -> str:
    """Quotes would end a label. https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters"""
    return label.replace("#", "#35;").replace('"', "#quot;")


def dot(graph: Graph) -> str:
    """https://graphviz.org/doc/info/lang.html"""
    lines = [f"digraph {quoted(graph.stack)} {{", "  rankdir=LR;",
             '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];']
    for region, nodes in graph.regions.items():
        lines += [f"  subgraph {quoted(f'cluster_{region}')} {{", f"    label={quoted(region)};"]
        for node in nodes:
            style = STYLES[node.mark]
            lines.append(f"    {quoted(node.name)} [label={quoted(node.label)}, tooltip={quoted(node.state)}, "
                         f"fillcolor={quoted(style.fill[0])}, color={quoted(style.line[0])}];")
        lines.append("  }")
    lines += [f"  {quoted(needed)} -> {quoted(dependent)};" for needed, dependent in graph.edges]
    return "\n".join([*lines, "}"])


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
