"""CloudWatch Logs: groups under a key."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.models import logs_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.keys import key_of, usable

_API = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"


def _group(call: Call) -> Any:
    name = call.params.get("logGroupName") or call.params["resourceIdentifier"].rpartition("log-group:")[2]
    group = logs_backends[ACCOUNT][call.region].groups.get(name)
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return group


@corrects("logs", "CreateLogGroup", "AssociateKmsKey",
          page="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html")
def key_lets_logs_in(call: Call, ask: Ask) -> Answer:
    """The key must exist, be enabled, and its policy must name CloudWatch Logs of that very region."""
    identifier = call.params.get("kmsKeyId")
    key = key_of(call.region, identifier) if identifier else None
    if identifier and not (usable(call.region, identifier) and _names_logs(call.region, key)):
        name = call.params.get("logGroupName", "*")
        raise Refusal("AccessDeniedException", "The specified KMS key does not exist or is not allowed to be used "
                      f"with Arn 'arn:aws:logs:{call.region}:{ACCOUNT}:log-group:{name}'")
    return ask()


def _names_logs(region: str, key: Any) -> bool:
    statements = json.loads(key.policy)["Statement"]
    services = [statement["Principal"].get("Service", []) for statement in statements
                if isinstance(statement["Principal"], dict)]
    return any(f"logs.{region}.amazonaws.com" in ([one] if isinstance(one, str) else one) for one in services)


@corrects("logs", "AssociateKmsKey", page=_API + "API_AssociateKmsKey.html")
def associate_key(call: Call, ask: Ask) -> Answer:
    """An existing group comes under a key, or under another."""
    _group(call).kms_key_id = call.params["kmsKeyId"]
    return {}


@corrects("logs", "DisassociateKmsKey", page=_API + "API_DisassociateKmsKey.html")
def disassociate_key(call: Call, ask: Ask) -> Answer:
    """What is written from then on is no longer under the key."""
    _group(call).kms_key_id = None
    return {}


@corrects("logs", "DeleteLogGroup", page=_API + "API_DeleteLogGroup.html")
def tags_go_with_the_group(call: Call, ask: Ask) -> Answer:
    """One that a writer makes again under the same name is another, and has no tags; in moto it has the old one's."""
    answer = ask()
    here = logs_backends[ACCOUNT][call.region]
    here.tagger.delete_all_tags_for_resource(f"arn:aws:logs:{call.region}:{ACCOUNT}:log-group:"
                                             f"{call.params['logGroupName']}")
    return answer
