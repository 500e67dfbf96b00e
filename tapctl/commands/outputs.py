"""`tapctl outputs`."""

from pathlib import Path
from typing import Annotated

from tapctl.commands.frame import aside, session, show, write
from tapctl.commands.options import Config, Env, Form, Local, Region, prints


def outputs(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
            form: Annotated[Form, prints("--format", "-f", help="How to write them.")] = Form.JSON,
            file: Annotated[Path | None, prints("--file", help="Write to this file instead.")] = None) -> None:
    """Print names, addresses and ARNs of what stands.

    Their keys stay the same from version to version.

    Examples:
      tapctl outputs --env staging
      tapctl outputs --env staging --format env > outputs.env
      tapctl outputs --env staging --format github --file "$GITHUB_OUTPUT"
      tapctl outputs --env staging --format flat --file outputs.json
    """
    from tapctl.outputs import formatted
    from tapctl.status import collect

    with session("outputs", env, region, config, local, aside) as at:
        text = formatted(collect(at), form, at.settings.bucket_region)
    if file is None:
        show([text], markup=False)
    else:
        write(file, text)
