"""Every API call, told as an event once it was answered or given up, and every attempt that is made again.

Of what is sent, only the values of NAMES get into an event, and of what is answered only AWS's code and its id for the
request: nobody has to know what is secret for it not to be told.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from tapctl.events import Called, Emit, Retried
from tapctl.working import KEY

READS = ("Describe", "Get", "List", "Head", "Search", "Lookup", "Simulate", "BatchGet")  # how AWS's names of them begin
#: Where nothing of the stack is: its lock, and what gives out credentials.
APART = ("ssm", "sts", "sso", "sso-oidc", "signin")
#: The parameters whose values name a thing. All others are told by their names only.
NAMES = frozenset((
    "AWSServiceName", "AlarmName", "AlarmNames", "AliasName", "AutoScalingGroupName", "AutoScalingGroupNames", "Bucket",
    "DBInstanceIdentifier", "DBSubnetGroupName", "GroupId", "GroupName", "InstanceId", "InstanceIds",
    "InstanceProfileName", "KeyId", "LaunchTemplateId", "LaunchTemplateName", "ListenerArn", "LoadBalancerArn",
    "LoadBalancerArns", "Name", "Names", "NetworkInterfaceId", "Path", "PeerRegion", "PolicyName", "RegionName",
    "ResourceARN", "ResourceArn", "ResourceArns", "ResourceName", "RoleArn", "RoleName", "RouteTableId", "SecretId",
    "ServiceCode", "ServiceName", "ServiceNames", "SourceDBInstanceIdentifier", "SubnetId", "TableName",
    "TargetGroupArn", "TargetKeyId", "VpcEndpointId", "VpcEndpointIds", "VpcId", "VpcPeeringConnectionId",
    "VpcPeeringConnectionIds", "kmsKeyId", "logGroupName", "logGroupNamePrefix", "resourceArn"))
CALL = "tapctl"  # what botocore keeps with a request under this name
MOST = 3  # names of a list; more are counted


def changes(model: Any) -> bool:
    """Whether an operation, as botocore's model has it, changes something of the stack."""
    return model.service_model.service_name not in APART and not model.name.startswith(READS)


@dataclass
class Call:
    """One that is under way. tries: why each attempt has failed."""

    service: str
    operation: str
    region: str
    names: Mapping[str, str]
    others: tuple[str, ...]
    changes: bool
    began: float = field(default_factory=time.monotonic)
    tries: list[str] = field(default_factory=list)


class Recorder:
    """Listens to a session's clients. tell: hears it, in the thread that calls; None: nobody does."""

    def __init__(self, session: boto3.Session) -> None:
        self.tell: Emit | None = None
        session.events.register_first("before-parameter-build", self._begun)
        session.events.register_last("request-created", self._sent)
        session.events.register_first("needs-retry", self._tried)
        session.events.register_last("after-call", self._answered)
        session.events.register_last("after-call-error", self._given_up)

    def _begun(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context[CALL] = Call(model.service_model.service_name, model.name, context["client_region"],
                             {name: named(params[name]) for name in params if name in NAMES},
                             tuple(sorted({*params} - NAMES)), changes(model))

    def _sent(self, request: Any, **_: Any) -> None:
        attempt = request.context["retries"]["attempt"]
        if self.tell and attempt > 1:
            call: Call = request.context[CALL]
            self.tell(Retried(call.service, call.operation, call.region, KEY.get(), attempt, call.tries[-1]))

    def _tried(self, response: Any, caught_exception: Exception | None, request_dict: Any, **_: Any) -> None:
        request_dict["context"][CALL].tries.append(
            type(caught_exception).__name__ if caught_exception else why(*response))

    def _answered(self, http_response: Any, parsed: Mapping[str, Any], context: Any, **_: Any) -> None:
        status = http_response.status_code
        self._told(context, status, why(http_response, parsed) if status >= 300 else "",
                   parsed.get("ResponseMetadata", {}).get("RequestId", ""))

    def _given_up(self, exception: Exception, context: Any, **_: Any) -> None:
        self._told(context, 0, type(exception).__name__, "")

    def _told(self, context: Any, status: int, code: str, request: str) -> None:
        if self.tell:
            call: Call = context[CALL]
            again = context.get("retries", {}).get("attempt", 1) - 1  # the last attempt is the answer
            self.tell(Called(call.service, call.operation, call.region, KEY.get(), call.names, call.others,
                             call.changes, time.monotonic() - call.began, status, code, request,
                             tuple(call.tries[:again])))


def named(value: Any) -> str:
    """The value, in a line, of a parameter that names a thing, or a few."""
    if isinstance(value, str):
        return value
    more = f" and {len(value) - MOST} more" if len(value) > MOST else ""
    return ", ".join(map(str, value[:MOST])) + more


def why(http_response: Any, parsed: Mapping[str, Any]) -> str:
    """AWS's code, or the status that came instead."""
    return str(parsed.get("Error", {}).get("Code") or f"HTTP {http_response.status_code}")
