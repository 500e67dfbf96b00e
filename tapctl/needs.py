"""What instances do: what their role has to allow them, and every VPC endpoint that they go through. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tapctl.naming import Place
from tapctl.permissions import Need
from tapctl.resources.role import ITEM_ACTIONS, PREFIX
from tapctl.settings import Settings

LOG_ACTIONS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")


def calls(place: Place, bucket: str, log_group: str, table: str = "", secret: str = "") -> dict[str, list[Need]]:
    """By service: they write objects and log events; with data access use the table, and the secret where it is.

    bucket: its name; log_group, table, secret: ARNs, empty where there is none for them. What a service does with the
    key in their name passes no endpoint of theirs, and is not among it.
    """
    found = {"s3": [Need("s3:PutObject", place.arn("s3", f"{bucket}/{PREFIX}*", region="", account=""))],
             "logs": [Need(action, f"{log_group}:*") for action in LOG_ACTIONS]}
    if table:
        found["dynamodb"] = [Need(action, table) for action in ITEM_ACTIONS]
    if secret:
        found["secretsmanager"] = [Need("secretsmanager:GetSecretValue", secret)]
    return found


def to_come(place: Place, settings: Settings) -> dict[str, list[Need]]:
    """The same of a region where nothing stands yet. A secret's ARN ends in six characters that AWS chooses."""
    data, primary = settings.app.data_access, place.region == settings.primary
    return calls(
        place, place.bucket_name("logs"), place.arn("logs", f"log-group:{place.name()}"),
        place.arn("dynamodb", f"table/{place.name()}") if data else "",
        place.arn("secretsmanager", f"secret:{place.secret_name}-??????") if data and primary else "")


def named(needs: Sequence[Need]) -> str:
    """ "dynamodb:GetItem, dynamodb:Query on arn:...", each resource once."""
    return f"{', '.join(need.action for need in needs)} on {', '.join(dict.fromkeys(n.resource for n in needs))}"
