"""A stack as a graph, and every way in which it is drawn: the same nodes and edges, and nothing on top of another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from rich.text import Text

from tapctl.events import Change
from tapctl.graph import Graph, Mark, Node, graph, levels
from tapctl.model import Denied, Failed, Found, Phase, refs
from tapctl.observe import Item, World
from tapctl.plans import Plan, Unseen
from tapctl.render import drawing, graphs
from tapctl.resources.alarm import Alarm
from tapctl.view import View
from tests.doctor.wanted import wanted
from tests.stage import EAST, WEST, Stage

STATES: Mapping[str, Any] = {
    f"{EAST}/kms_key": {"KeyState": "Enabled", "Enabled": True}, f"{EAST}/table": {"TableStatus": "CREATING"}}


@pytest.fixture(scope="module")
def drawn() -> Graph:
    """Two regions: one of each mark in the first, all the rest to be made."""
    resources = {resource.key: resource for resource in wanted(EAST, WEST)}
    kms, table, role, group, bucket = (f"{EAST}/{name}" for name in (
        "kms_key", "table", "role", "log_group", "bucket/logs"))
    unseen = Unseen(role, Denied("iam:GetRole"))
    plan = Plan({(group, "retention"): Change(group, "retention", 1, 2)}, refused={bucket: Failed("no")},
                omitted={(role, Phase.EXISTS): unseen})
    for key in resources.keys() - {kms, table, role, group, bucket}:
        plan.changes[key, "create"] = Change(key, "create")
    found = {key: Found(key, f"arn:{key}", STATES.get(key, {})) for key in (kms, table, group, bucket)}
    stray = Item(Alarm, EAST, Found(f"{EAST}/alarm/replica-lag", 'arn:"<it>"', {"StateValue": "OK"}))
    return graph("TapStack/test", View({}, resources, World(found=found, surplus=[stray]), plan, ()), (EAST, WEST))


def test_nodes_and_edges_are_the_stacks_own(drawn: Graph) -> None:
    resources = wanted(EAST, WEST)
    assert {node.name for node in drawn.nodes} - {resource.key for resource in resources} == {
        f'{EAST}/alarm/replica-lag (arn:"<it>")'}
    assert {*drawn.edges} == {(ref.key, resource.key) for resource in resources for ref in refs(resource)}
    assert len(drawn.edges) == len({*drawn.edges})


def test_each_is_marked_as_the_plan_has_it(drawn: Graph) -> None:
    told = {node.name.removeprefix(f"{EAST}/"): (node.mark, node.state) for node in drawn.nodes}
    assert told["kms_key"] == (Mark.STANDS, "Enabled")
    assert told["table"] == (Mark.WAITING, "CREATING")
    assert told["role"] == (Mark.UNSEEN, "missing")
    assert told["log_group"] == (Mark.DRIFTED, "ready, drift: retention")
    assert told["bucket/logs"] == (Mark.REFUSED, "ready, drift: no")
    assert told["database"] == (Mark.MISSING, "missing")
    assert told['alarm/replica-lag (arn:"<it>")'] == (Mark.SURPLUS, "OK")


def test_levels() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "b"), ("a", "d"), ("c", "d"), ("a", "a")]
    assert levels("abcde", edges) == {"a": 0, "e": 0, "b": 1, "c": 1, "d": 2}


# ---------------------------------------------------------------- for people
def test_text_fits_and_names_all(drawn: Graph) -> None:
    lines = graphs.plain(drawn).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[0] == f"TapStack/test  {len(drawn.nodes)} resources, {len(drawn.edges)} needs"
    names = [line[6:].split()[0] for line in lines if line[4:5].strip() and line[5:6] == " "]
    assert sorted(names) == sorted(node.label.split()[0] for node in drawn.nodes)
    assert "    ~ log_group                   ready, drift: retention; needs kms_key" in lines
    assert "  5 + instance_profile            needs role" in lines
    assert lines[-3:] == ["✓ 1 as wanted   + 50 to be made   ~ 1 to be changed",
                          "… 1 not ready yet   ? 1 left out   ✗ 1 can't be done", "- 1 no longer wanted"]
    wide = [Text.from_markup(line).plain for line in graphs.text(drawn, 200)]
    assert len(wide) < len(lines)


# ---------------------------------------------------------------- for programs
def test_mermaid_has_the_same_nodes_and_edges(drawn: Graph) -> None:
    text = graphs.mermaid(drawn)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "flowchart LR"
    assert lines.count("end") == 2
    regions, named, region = [], {}, ""
    for line in lines:
        if match := re.fullmatch(r'subgraph r\d+\["(.*)"\]', line):
            regions.append(region := match[1])
        elif match := re.fullmatch(r'(n\d+)\["(.) ([^"]*)"\]:::([a-z]+)', line):
            named[match[1]] = f"{region}/{match[3]}".replace("#quot;", '"').replace("#35;", "#")
            assert f"  classDef {match[4]} fill:#" in text
    assert regions == [EAST, WEST]
    assert sorted(named.values()) == sorted(node.name for node in drawn.nodes)
    arrows = [re.fullmatch(r"(n\d+) --> (n\d+)", line) for line in lines]
    assert [(named[arrow[1]], named[arrow[2]]) for arrow in arrows if arrow] == [*drawn.edges]


def test_dot_has_the_same_nodes_and_edges(drawn: Graph) -> None:
    name = r'"((?:[^"\\]|\\.)*)"'
    lines = graphs.dot(drawn).splitlines()
    assert (lines[0], lines[-1]) == ('digraph "TapStack/test" {', "}")
    nodes, edges, opened = [], [], 1
    for line in lines[1:-1]:
        if match := re.fullmatch(rf"    {name} \[(\w+={name}(, )?)+\];", line):
            nodes.append(match[1].replace('\\"', '"'))
        elif match := re.fullmatch(rf"  {name} -> {name};", line):
            edges.append((match[1], match[2]))
        elif re.fullmatch(rf"  subgraph {name} {{", line):
            opened += 1
        elif line == "  }":
            opened -= 1
        else:
            assert re.fullmatch(r"\s+(rankdir=LR|label=\S+|node \[.*\]);", line), line
    assert opened == 1
    assert sorted(nodes) == sorted(node.name for node in drawn.nodes)
    assert edges == [*drawn.edges]


def test_svg_has_every_box_apart_and_every_line(drawn: Graph) -> None:
    page = Xml.fromstring(drawing.svg(drawn))
    rects = [rect for rect in page.iter("{http://www.w3.org/2000/svg}rect") if rect.get("data-name")]
    assert [rect.get("data-name") for rect in rects] == [node.name for node in drawn.nodes]
    boxes = [tuple(int(rect.get(side, "")) for side in ("x", "y", "width", "height")) for rect in rects]
    for n, (x, y, width, height) in enumerate(boxes):
        assert 0 < x < int(page.get("width", "")) - width
        assert 0 < y < int(page.get("height", "")) - height
        for left, top, *_ in boxes[n + 1:]:
            assert abs(left - x) > width or abs(top - y) > height
    lines = [path for path in page.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "line"]
    assert len(lines) == len(drawn.edges)


def test_no_line_passes_through_a_box(drawn: Graph) -> None:
    drawn_at = drawing.layout(drawn)
    assert {(way[0][0], way[-1][0]) for way in drawn_at.ways.values()} == {*drawn.edges}
    columns: dict[int, list[tuple[int, int]]] = {}
    for knot, spot in drawn_at.spots.items():
        columns.setdefault(spot.x, []).append((spot.y, spot.y + drawing.room(knot)))
    for taken in map(sorted, columns.values()):
        assert all(below[0] >= above[1] for above, below in pairwise(taken))
    needed = {name: {drawn_at.spots[way[-1]].x for way in drawn_at.ways.values() if way[0][0] == name}
              for name, _ in drawn.edges}
    for name, right in needed.items():
        assert min(right) >= drawn_at.spots[name, -1].x


def test_a_long_name_is_cut_in_its_box_only() -> None:
    node = Node("us-east-1/" + "x" * 60, Mark.STANDS, "ready")
    page = drawing.svg(Graph("a/b", (node,), ()))
    assert f">✓ {'x' * 25}…</text>" in page
    assert f"<title>{node.name}: as wanted (ready)</title>" in page


# ---------------------------------------------------------------- the command
def test_the_command(stage: Stage, tmp_path: Path) -> None:
    code, out, err = stage.run("graph", "--env", "staging", "--region", WEST)
    assert (code, err.count("\n"), "are not peered" in err) == (0, 1, True)
    assert (out.splitlines()[1], out.splitlines()[-1]) == (WEST, "+ 26 to be made")
    assert stage.run("graph", "--env", "staging", "--file", str(tmp_path / "it.txt"))[:2] == (0, "")
    assert "+ database" in (tmp_path / "it.txt").read_text()
    assert stage.run("graph", "--env", "staging", "-f", "dot", "-r", EAST)[1].startswith('digraph "TapStack/staging" {')
    assert not stage.wires.meter.mutating


def test_the_pages_picture_is_of_the_stack_as_it_is_built() -> None:
    picture = Xml.parse(Path(__file__).parents[1] / "docs" / "stack.svg")
    names = {rect.get("data-name") for rect in picture.iter("{http://www.w3.org/2000/svg}rect")} - {None}
    assert names == {resource.key for resource in wanted(EAST, WEST)}
