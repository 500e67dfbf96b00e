"""The whole table, by kind."""

from __future__ import annotations

from tests.bad_input.accounts import ACCOUNTS
from tests.bad_input.configs import CONFIGS
from tests.bad_input.credentials import CREDENTIALS
from tests.bad_input.endpoints import ENDPOINTS
from tests.bad_input.environments import ENVIRONMENTS
from tests.bad_input.files import FILES
from tests.bad_input.flags import FLAGS
from tests.bad_input.row import Row

TABLE: dict[str, tuple[Row, ...]] = {
    "config": CONFIGS, "flags": FLAGS, "environment": ENVIRONMENTS, "credentials": CREDENTIALS, "endpoint": ENDPOINTS,
    "account": ACCOUNTS, "files": FILES}
