"""The tagging API: kinds that AWS lists and moto doesn't, and for a while what is gone.

What AWS doesn't list (roles, groups) stays unlisted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
from moto.s3.models import s3_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, clock, corrects, memory

Tags = dict[str, str]
_GLOBAL_REGION = "us-east-1"
_LATE = 600.0  # seconds that what is gone goes on being listed: minutes to hours on AWS
_API = "https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/"


@corrects("resourcegroupstaggingapi", "GetResources", page=_API + "API_GetResources.html")
def what_is_gone_is_still_listed(call: Call, ask: Ask) -> Answer:
    """What stood at an earlier look stays in the index for ten minutes after it was last seen."""
    answer = ask()
    index: dict[str, tuple[Tags, float]] = memory("index of tags").setdefault(call.region, {})
    standing = {**dict(_moto(call.region)), **dict(_more(call.region))}
    gone = [(arn, tags) for arn, (tags, seen) in index.items() if arn not in standing and clock().since(seen) < _LATE]
    index.update({arn: (tags, clock().moment()) for arn, tags in standing.items()})
    if not answer.get("PaginationToken"):
        _append(call, answer, gone)
    return answer


@corrects("resourcegroupstaggingapi", "GetResources", page=_API + "API_GetResources.html")
def buckets_are_listed_in_their_region(call: Call, ask: Ask) -> Answer:
    """In no other region."""
    answer = ask()
    listed = answer["ResourceTagMappingList"]
    return {**answer, "ResourceTagMappingList": [one for one in listed if _stands(one["ResourceARN"], call.region)]}


def _stands(arn: str, region: str) -> bool:
    """Whether it is in the region, if it is a bucket: moto has the buckets of all regions in one place."""
    name = arn.removeprefix("arn:aws:s3:::")
    return name == arn or s3_backends[ACCOUNT]["aws"].buckets[name].region_name == region


@corrects("resourcegroupstaggingapi", "GetResources",
          page="https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html")
def more_kinds_are_listed(call: Call, ask: Ask) -> Answer:
    """Launch templates, endpoints, listeners, rules, subnet groups; instance profiles where the global ones are."""
    answer = ask()
    if not answer.get("PaginationToken"):
        _append(call, answer, _more(call.region))
    return answer


def _append(call: Call, answer: Answer, things: Iterable[tuple[str, Tags]]) -> None:
    """Those of these that the call asks for."""
    listed = {one["ResourceARN"] for one in answer["ResourceTagMappingList"]}
    for arn, tags in things:
        if arn not in listed and tags and _wanted(call, arn, tags):
            told = [{"Key": key, "Value": value} for key, value in tags.items()]
            answer["ResourceTagMappingList"].append({"ResourceARN": arn, "Tags": told})


def _wanted(call: Call, arn: str, tags: Tags) -> bool:
    kinds = call.params.get("ResourceTypeFilters", [])
    return ("ResourceARNList" not in call.params and (not kinds or _is_of(arn, kinds))
            and all(one["Key"] in tags and (not one.get("Values") or tags[one["Key"]] in one["Values"])
                    for one in call.params.get("TagFilters", [])))


def _moto(region: str) -> Iterator[tuple[str, Tags]]:
    """What moto lists itself, in one piece."""
    for one in resourcegroupstaggingapi_backends[ACCOUNT][region]._get_resources_generator():
        if _stands(one.arn, region):
            yield one.arn, dict(one.tags)


def _used(backends: Any, region: str) -> bool:
    """Whether a service has been asked in the region: moto would set it up for this question only."""
    return dict.__contains__(backends[ACCOUNT], region)


def _is_of(arn: str, kinds: list[str]) -> bool:
    _, _, service, _, _, resource = arn.split(":", 5)
    kind = resource.replace(":", "/").partition("/")[0]
    return service in kinds or f"{service}:{kind}" in kinds


def _more(region: str) -> Iterator[tuple[str, Tags]]:
    if _used(ec2_backends, region):
        yield from _networks(region)
    if _used(elbv2_backends, region):
        elbv2 = elbv2_backends[ACCOUNT][region]
        for balancer in elbv2.load_balancers.values():
            for arn in balancer.listeners:
                yield arn, elbv2.tagging_service.get_tag_dict_for_resource(arn)
    if _used(rds_backends, region):
        for group in rds_backends[ACCOUNT][region].subnet_groups.values():
            yield group.arn, {tag["Key"]: tag["Value"] for tag in group.tags}
    if region == _GLOBAL_REGION:
        for profile in iam_backends[ACCOUNT]["aws"].instance_profiles.values():
            yield profile.arn, {tag["Key"]: tag["Value"] for tag in profile.tags}


def _networks(region: str) -> Iterator[tuple[str, Tags]]:
    ec2, prefix = ec2_backends[ACCOUNT][region], f"arn:aws:ec2:{region}:{ACCOUNT}"
    rules = [rule for groups in ec2.groups.values() for group in groups.values()
             for rule in (*group.ingress_rules, *group.egress_rules)]
    for kind, things in (("launch-template", ec2.launch_templates.values()), ("security-group-rule", rules),
                         ("vpc-endpoint", ec2.vpc_end_points.values())):
        for thing in things:
            yield f"{prefix}:{kind}/{thing.id}", {tag["key"]: tag["value"] for tag in thing.get_tags()}
