"""`tapctl init`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from tapctl.commands.asking import answered
from tapctl.commands.completion import regions
from tapctl.commands.frame import show, width, write
from tapctl.commands.options import Yes, work
from tapctl.errors import UsageError

Said = list[str] | None


def init(project: Annotated[str | None, work("--project", metavar="NAME", help="What starts every name.")] = None,
         owner: Annotated[str | None, work("--owner", metavar="TEXT", help="For the tag Owner.")] = None,
         region: Annotated[Said, work("--region", "-r", metavar="REGION", autocompletion=regions,
                                      help="A region, the primary first; may be repeated.")] = None,
         account: Annotated[Said, work("--account", metavar="ID",
                                       help="An account that it may run in; may be repeated. [default: any]")] = None,
         certificate: Annotated[Said, work("--certificate", metavar="ARN", help=(
             "An ACM certificate, for HTTPS in its region; may be repeated."))] = None,
         sets: Annotated[Said, work("--set", metavar="KEY=VALUE", help="Any other setting; may be repeated.")] = None,
         file: Annotated[Path, work("--config", "-c", metavar="FILE", help="What is written.")] = Path("config.toml"),
         force: Annotated[bool, work("--force", help="Overwrite it.")] = False, yes: Yes = False) -> None:
    """Write a config.toml from a few questions, or from flags.

    What no flag says is asked, with the default beside it; nothing is asked with --yes, or where there is no terminal.
    The file has every setting with its explanation, and holds for every environment.

    Examples:
      tapctl init                                    ask, and write config.toml
      tapctl init --yes                              the defaults
      tapctl init --project Shop --owner web --region eu-west-1 --yes
      tapctl init --yes --set environments.staging.max_size=4
    """
    from tapctl import interview, settings_file
    from tapctl.render.report import hanging
    from tapctl.settings_sources import Given, locate

    if file.exists() and not force:
        raise UsageError(f"{file} is there already", reason="it may hold what nobody else knows",
                         mend="--force overwrites it; --config writes another file")
    given = Given("", {})
    for path, flag, value in (("project", "--project", project), ("owner", "--owner", owner),
                              ("regions", "--region", region and tuple(region)),
                              ("allowed_account_ids", "--account", account and tuple(account)),
                              ("certificate_arns", "--certificate",
                               certificate and interview.by_region(" ".join(certificate))[0])):
        if value is not None:
            interview.say(given, (path,), value, flag)
    for assignment in sets or ():
        interview.put(given, assignment)
    locate(given.values, file)
    interview.checked(given)
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        given = interview.interview(given, answered, lambda line: show(hanging("  ", line, width(), 4)))
    write(file, settings_file.document(interview.checked(given), file.parent).rstrip("\n"), "--config")
    its = "" if file == Path("config.toml") else f" --config {shlex.quote(str(file))}"
    typer.echo(f"{file}: written\nnext: `tapctl doctor --env staging{its}`, then `tapctl plan --env staging{its}`")
