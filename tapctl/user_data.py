"""The start-up script of an instance: tapctl's own, or a file of the user's as it is."""

from __future__ import annotations

import re
from importlib.resources import files

from tapctl.naming import Place
from tapctl.settings import App

SCRIPT = "user_data.sh"


def script(place: Place, app: App) -> bytes:
    """What instances run once, as root, at their first boot.

    Filled in are Python literals, which stand where no shell reads them.
    """
    if app.user_data_file is not None:
        return app.user_data_file.read_bytes()  # cloud-init takes other things than text too
    text = files("tapctl").joinpath(SCRIPT).read_text(encoding="utf-8")
    values = {"PORT": app.port, "HEALTH_PATH": app.health_path, "REGION": place.region, "ACCOUNT": place.account,
              "LOG_GROUP": place.name(), "BUCKET": place.bucket_name("logs")}
    return re.sub("@([A-Z_]+)@", lambda found: repr(values[found[1]]), text).encode()
