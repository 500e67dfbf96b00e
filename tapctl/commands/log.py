"""`tapctl log`."""

from typing import Annotated

import typer

from tapctl.commands.completion import runs
from tapctl.commands.frame import draw, drawable, show, width
from tapctl.commands.options import As, Output, Timeline, prints
from tapctl.errors import UsageError

Run = Annotated[str | None, typer.Argument(
    metavar="RUN", autocompletion=runs, help="Its id, or how that begins, or `last`. [default: list the runs]",
    rich_help_panel="Which run")]
Calls = Annotated[bool, prints("--calls", help="API calls that only read, too.")]
Failed = Annotated[bool, prints("--failed", help="Only what failed or was tried again.")]


def log(run: Run = None, calls: Calls = False, failed: Failed = False, output: As = Output.TEXT,
        timeline: Timeline = None) -> None:
    """Show what earlier runs on this machine did, API call by API call. Asks AWS nothing.

    Every command that asks AWS leaves a log, without secrets: docs/log.md says where, how long, and how to find its
    calls in CloudTrail.

    Examples:
      tapctl log                         the runs: when, what, how it ended
      tapctl log last                    what the last one did
      tapctl log last --failed           what went wrong, with AWS's request ids
      tapctl log last --timeline x.html  draw it as a chart, a page of HTML
      tapctl log 3f2a --output json      a run's lines as they are in the file
    """
    import json

    from tapctl import logbook
    from tapctl.render import logs

    if run is None:
        if calls or failed or timeline:
            raise UsageError("--calls, --failed and --timeline are of one run", reason="no run is named",
                             mend="`tapctl log last`, or the id of one that `tapctl log` lists")
        listed = logbook.runs()
        quiet = output is Output.JSON
        show([json.dumps([vars(one) for one in listed], indent=2)] if quiet else logs.table(listed), markup=not quiet)
        return
    read = logbook.read(logbook.find(run))
    if timeline:
        drawable(timeline)
        draw(read, timeline)
        return
    lines = logs.chosen(read, failed=failed)
    show(map(json.dumps, lines) if output is Output.JSON else logs.run(lines, calls=calls, width=width()), markup=False)
