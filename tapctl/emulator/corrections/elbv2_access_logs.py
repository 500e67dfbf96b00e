"""Access logs of load balancers: AWS tries the bucket the moment that they are switched on."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import s3_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.corrections.elbv2 import balancers

_PAGE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html"
_FILES = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html"
_DUE = "last access log"
_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"


@corrects("elbv2", "ModifyLoadBalancerAttributes", page=_PAGE)
def bucket_is_tried(call: Call, ask: Ask) -> Answer:
    """A test file is written: the bucket must be there, in the region, let the delivery in, and not be under KMS."""
    balancer = balancers(call.region).get(call.params["LoadBalancerArn"])
    if balancer is None:
        return ask()
    after = balancer.attrs | {one["Key"]: one["Value"] for one in call.params["Attributes"]}
    enabled = after["access_logs.s3.enabled"] == "true"
    if enabled:
        _write_test_file(call.region, after["access_logs.s3.bucket"], after["access_logs.s3.prefix"])
    return ask()


def _write_test_file(region: str, name: str, prefix: str) -> None:
    s3 = s3_backends[ACCOUNT]["aws"]
    bucket = s3.buckets.get(name)
    key = f"{prefix}/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile".lstrip("/")
    if bucket is None or bucket.region_name != region or _under_kms(bucket) or not _lets_in(bucket, key):
        raise Refusal("InvalidConfigurationRequest",
                      f"Access Denied for bucket: {name}. Please check S3bucket permission")
    s3.put_object(name, key, b"Enable AccessLog for ELB")


@corrects("elbv2", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer", page=_FILES)
def last_log_is_due(call: Call, ask: Ask) -> Answer:
    """Logs are published every five minutes, also of a load balancer that is gone by then, or logs no more."""
    balancer = balancers(call.region).get(call.params["LoadBalancerArn"])
    before = dict(balancer.attrs) if balancer else {}
    answer = ask()
    if before.get("access_logs.s3.enabled") == "true":
        where = before["access_logs.s3.bucket"], before["access_logs.s3.prefix"]
        lifecycle.begin(_DUE, where, ("due", durations.ACCESS_LOG))
    return answer


@corrects("s3", "DeleteBucket", page=_FILES)
def last_log_arrives(call: Call, ask: Ask) -> Answer:
    """When it comes at its worst: after the bucket was emptied. Not where the bucket's policy lets it in no longer."""
    s3, name = s3_backends[ACCOUNT]["aws"], call.params["Bucket"]
    for where in [where for where in memory(_DUE) if where[0] == name and lifecycle.state(_DUE, where)]:
        key = f"{where[1]}/AWSLogs/{ACCOUNT}/elasticloadbalancing/{call.region}/last.log.gz".lstrip("/")
        if name in s3.buckets and _lets_in(s3.buckets[name], key):
            s3.put_object(name, key, b"the last requests")
        lifecycle.forget(_DUE, where)
    return ask()


def _under_kms(bucket: Any) -> bool:
    if not bucket.encryption:
        return False
    rule = bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]
    return bool(rule["SSEAlgorithm"].startswith("aws:kms"))


def _lets_in(bucket: Any, key: str) -> bool:
    statements = json.loads(bucket.policy or "{}").get("Statement", [])
    return any(statement["Effect"] == "Allow" and _DELIVERY in _services(statement)
               and any(action in ("s3:PutObject", "s3:*") for action in _many(statement["Action"]))
               and any(fnmatchcase(f"{bucket.arn}/{key}", resource) for resource in _many(statement["Resource"]))
               for statement in statements)


def _services(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    return _many(principal.get("Service", [])) if isinstance(principal, dict) else []


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
