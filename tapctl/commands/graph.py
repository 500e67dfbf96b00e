"""`tapctl graph`."""

from pathlib import Path
from typing import Annotated

from tapctl.commands.frame import aside, session, show, width, write
from tapctl.commands.options import Config, Drawing, Env, Local, Region, prints


def graph(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
          form: Annotated[Drawing, prints("--format", "-f", help="How to draw it.")] = Drawing.TEXT,
          file: Annotated[Path | None, prints("--file", help="Write to this file instead.")] = None) -> None:
    """Draw the stack: what stands, what is planned, what needs what.

    It is the plan as a picture: an arrow leads from what is needed to what needs it, and each resource is marked as it
    stands or as `up` would make, change or leave it. It changes nothing.

    Examples:
      tapctl graph --env staging                     a list in the order of making
      tapctl graph --env staging --format svg --file stack.svg
      tapctl graph --env staging --format mermaid    for a Markdown page
      tapctl graph --env staging --format dot        for Graphviz
    """
    from tapctl.events import Note
    from tapctl.graph import graph as drawn
    from tapctl.render import drawing, graphs
    from tapctl.view import view

    with session("graph", env, region, config, local, aside) as at:
        seen = view(at)
        for note in seen.notes:
            at.emit(Note(note))
        it = drawn(at.place.stack, seen, at.regions)
    if form is Drawing.TEXT and file is None:
        show(graphs.text(it, width() or graphs.WIDTH))
        return
    text = {Drawing.MERMAID: graphs.mermaid, Drawing.DOT: graphs.dot, Drawing.SVG: drawing.svg,
            Drawing.TEXT: graphs.plain}[form](it)
    if file is None:
        show([text], markup=False)
    else:
        write(file, text)
