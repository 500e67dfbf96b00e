"""The tagging API: kinds that AWS lists and moto doesn't. What AWS doesn't list (roles, groups) stays unlisted."""

from __future__ import annotations

from collections.abc import Iterator

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.rds.models import rds_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects

Tags = dict[str, str]
_GLOBAL_REGION = "us-east-1"


@corrects("resourcegroupstaggingapi", "GetResources",
          page="https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html")
def more_kinds_are_listed(call: Call, ask: Ask) -> Answer:
    """Launch templates, endpoints, listeners, rules, subnet groups; instance profiles where the global ones are."""
    answer = ask()
    if answer.get("PaginationToken") or "ResourceARNList" in call.params:
        return answer
    listed = {one["ResourceARN"] for one in answer["ResourceTagMappingList"]}
    kinds = call.params.get("ResourceTypeFilters", [])
    for arn, tags in _more(call.region):
        if arn not in listed and tags and _wanted(call, tags) and (not kinds or _is_of(arn, kinds)):
            told = [{"Key": key, "Value": value} for key, value in tags.items()]
            answer["ResourceTagMappingList"].append({"ResourceARN": arn, "Tags": told})
    return answer


def _wanted(call: Call, tags: Tags) -> bool:
    return all(one["Key"] in tags and (not one.get("Values") or tags[one["Key"]] in one["Values"])
               for one in call.params.get("TagFilters", []))


def _is_of(arn: str, kinds: list[str]) -> bool:
    _, _, service, _, _, resource = arn.split(":", 5)
    kind = resource.replace(":", "/").partition("/")[0]
    return service in kinds or f"{service}:{kind}" in kinds


def _more(region: str) -> Iterator[tuple[str, Tags]]:
    ec2, elbv2, rds = ec2_backends[ACCOUNT][region], elbv2_backends[ACCOUNT][region], rds_backends[ACCOUNT][region]
    prefix = f"arn:aws:ec2:{region}:{ACCOUNT}"
    rules = [rule for groups in ec2.groups.values() for group in groups.values()
             for rule in (*group.ingress_rules, *group.egress_rules)]
    for kind, things in (("launch-template", ec2.launch_templates.values()), ("security-group-rule", rules),
                         ("vpc-endpoint", ec2.vpc_end_points.values())):
        for thing in things:
            yield f"{prefix}:{kind}/{thing.id}", {tag["key"]: tag["value"] for tag in thing.get_tags()}
    for balancer in elbv2.load_balancers.values():
        for arn in balancer.listeners:
            yield arn, elbv2.tagging_service.get_tag_dict_for_resource(arn)
    for group in rds.subnet_groups.values():
        yield group.arn, {tag["Key"]: tag["Value"] for tag in group.tags}
    if region == _GLOBAL_REGION:
        for profile in iam_backends[ACCOUNT]["aws"].instance_profiles.values():
            yield profile.arn, {tag["Key"]: tag["Value"] for tag in profile.tags}
