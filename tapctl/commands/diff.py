"""`tapctl diff`."""

from typing import Annotated

import typer

from tapctl.commands.completion import environments
from tapctl.commands.frame import aside, session, show, width
from tapctl.commands.options import As, Config, Local, Output, Region, work
from tapctl.errors import Exit, UsageError

One = Annotated[str, typer.Argument(metavar="ONE", autocompletion=environments, help="An environment.",
                                    rich_help_panel="Which stacks", show_default=False)]
Other = Annotated[str, typer.Argument(metavar="OTHER", autocompletion=environments, help="Another.",
                                      rich_help_panel="Which stacks", show_default=False)]


def diff(one: One, other: Other, region: Region = None, config: Config = None, local: Local = False,
         detailed_exitcode: Annotated[bool, work(
             "--detailed-exitcode", help="Exit with 4 where a difference is not as configured.")] = False,
         output: As = Output.TEXT) -> None:
    """Compare two live stacks, such as staging and production.

    Every property of what stands is read from AWS and compared. A difference that the configuration has so, such as
    another size, is marked =; one that is there because one of the two is not as configured is marked ~. Names and ids,
    which differ between any two stacks, are left out. It changes nothing.

    Examples:
      tapctl diff staging production
      tapctl diff staging production --detailed-exitcode
      tapctl diff staging pr-7 --output json
    """
    from tapctl.compare import Side, compare, region_of
    from tapctl.reconcile import silent
    from tapctl.render import comparison
    from tapctl.view import standing_view

    if one == other:
        raise UsageError(f"{one} can't be compared with itself", mend="name two environments")
    sides = []
    for name, emit in (one, aside), (other, silent):
        with session("diff", name, region, config, local, emit) as at:
            sides.append(Side(at.place, standing_view(at)))
    rows = [row for row in compare(*sides) if not region or region_of(row.key) in region]
    names, stacks = (one, other), (sides[0].place.stack, sides[1].place.stack)
    if output is Output.JSON:
        show([comparison.document(stacks, names, rows)], markup=False)
    else:
        show(comparison.text(names, rows, width() or comparison.WIDTH))
    if detailed_exitcode and any(row.because for row in rows):
        raise typer.Exit(Exit.CHANGES)
