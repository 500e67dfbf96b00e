"""Names: whether what a plan will make finds its name taken by something that is not the stack's.

Asked only for what will be made: what is the stack's own was found by its tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tapctl.doctor import quotas
from tapctl.doctor.check import Check, Outcome, Question, Unanswered, fine, unknown, wrong
from tapctl.model import Aws, Resource
from tapctl.naming import Place
from tapctl.resources.alarm import WATCHES
from tapctl.resources.kms_key import KmsKey
from tapctl.waiting import absent, code

MEND = ("remove or rename what has the name, choose another project or environment, "
        "or give it this stack's tags back if it is the stack's and has lost them")


@dataclass(frozen=True)
class Naming:
    """what: as people call it. name: of a resource. ask: for what has this name; taken: whether the answer shows it."""

    what: str
    name: Callable[[Any], str]
    ask: Callable[[Aws, Any], Question]
    taken: Callable[[Any, Any], bool] = lambda resource, answer: bool(answer)


# ---------------------------------------------------------------- what AWS is asked
def by_name(service: str, operation: str, field: str, missing: str,
            parameters: Callable[[Place], dict[str, Any]]) -> Callable[[Aws, Resource], Question]:
    """One call, for one thing. field: of the answer, what is there; missing: the error's code where nothing is."""

    def ask(aws: Aws, resource: Resource) -> Question:
        def call() -> Any:
            answer = absent(lambda: getattr(aws.client(service), operation)(**parameters(resource.place)), missing)
            return answer and answer[field]

        return Question(f"{operation} {resource.key}", aws.place.region, call)

    return ask


def among(question: Callable[[Aws], Question]) -> Callable[[Aws, Resource], Question]:
    """A list of everything, which is asked for anyway."""
    return lambda aws, resource: question(aws)


def alias(aws: Aws, resource: Resource) -> Question:
    """Its alias. If that is of a key of the stack's own, which is about to be deleted, the key is taken back."""
    def call() -> bool:
        there = absent(lambda: aws.client("kms").describe_key(KeyId=aws.place.alias_name), "NotFoundException")
        return there is not None and not any(KmsKey.remains(aws))

    return Question("alias", aws.place.region, call)


def alarms(aws: Aws) -> Question:
    def call() -> list[Any]:
        there = aws.client("cloudwatch").describe_alarms(
            AlarmNames=[aws.place.name(purpose) for purpose in WATCHES], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return [*there.get("MetricAlarms", ()), *there.get("CompositeAlarms", ())]

    return Question("alarms", aws.place.region, call)


def bucket(aws: Aws, resource: Any) -> Question:
    """Among the account's own, where only this account can have the name; else S3 is asked for it."""
    if resource.place.has_account_buckets:
        return quotas.buckets(aws)
    return Question(f"bucket {resource.key}", aws.place.region, lambda: found_bucket(aws, resource.bucket))


def found_bucket(aws: Aws, name: str) -> list[dict[str, str]]:
    """As ListBuckets answers. A stranger's is 403, or 301 where it is in another region.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    try:
        aws.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in ("404", "NoSuchBucket"):
            return []
        if code(error) not in ("301", "403"):
            raise
    return [{"Name": name}]


# ---------------------------------------------------------------- the names
def plain(resource: Resource) -> str:
    return resource.place.name()


def suffixed(resource: Any) -> str:
    return str(resource.place.name(resource.purpose))


def listed(name: Callable[[Any], str], field: str) -> Callable[[Any, Any], bool]:
    return lambda resource, there: name(resource) in [one[field] for one in there]


def same_group(resource: Any, there: Any) -> bool:
    """In one VPC, a name is the same whatever its case."""
    return (resource.vpc, suffixed(resource).lower()) in [(one.get("VpcId"), one["GroupName"].lower()) for one in there]


def balancer(resource: Resource) -> str:
    return resource.place.load_balancer_name


def targets(resource: Resource) -> str:
    return resource.place.target_group_name


def bucket_name(resource: Any) -> str:
    return str(resource.bucket)


#: By kind. Not in here: what has no name (endpoints, listeners), and what is the account's.
NAMES: dict[str, Naming] = {
    "role": Naming("role", plain, by_name(
        "iam", "get_role", "Role", "NoSuchEntity", lambda place: {"RoleName": place.name()})),
    "instance_profile": Naming("instance profile", plain, by_name(
        "iam", "get_instance_profile", "InstanceProfile", "NoSuchEntity",
        lambda place: {"InstanceProfileName": place.name()})),
    "kms_key": Naming("key", lambda r: r.place.alias_name, alias),
    "bucket": Naming("bucket", bucket_name, bucket, listed(bucket_name, "Name")),
    "log_group": Naming("log group", plain, by_name(
        "logs", "describe_log_groups", "logGroups", "ResourceNotFoundException",
        lambda place: {"logGroupNamePrefix": place.name()}), listed(plain, "logGroupName")),
    "security_group": Naming("security group", suffixed, among(quotas.security_groups), same_group),
    "load_balancer": Naming(
        "load balancer", balancer, among(quotas.load_balancers), listed(balancer, "LoadBalancerName")),
    "target_group": Naming("target group", targets, among(quotas.target_groups), listed(targets, "TargetGroupName")),
    "launch_template": Naming("launch template", plain, by_name(
        "ec2", "describe_launch_templates", "LaunchTemplates", "InvalidLaunchTemplateName.NotFoundException",
        lambda place: {"Filters": [{"Name": "launch-template-name", "Values": [place.name()]}]})),
    "auto_scaling_group": Naming("Auto Scaling group", plain, by_name(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "ResourceNotFound",
        lambda place: {"AutoScalingGroupNames": [place.name()]})),
    "db_subnet_group": Naming("database subnet group", lambda r: r.place.db_subnet_group_name, by_name(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupNotFoundFault",
        lambda place: {"DBSubnetGroupName": place.db_subnet_group_name})),
    "database": Naming("database", lambda r: r.place.database_id, by_name(
        "rds", "describe_db_instances", "DBInstances", "DBInstanceNotFound",
        lambda place: {"Filters": [{"Name": "db-instance-id", "Values": [place.database_id]}]})),
    "secret": Naming("secret", lambda r: r.place.secret_name, by_name(
        "secretsmanager", "describe_secret", "ARN", "ResourceNotFoundException",
        lambda place: {"SecretId": place.secret_name})),
    "table": Naming("table", plain, by_name(
        "dynamodb", "describe_table", "Table", "ResourceNotFoundException", lambda place: {"TableName": place.name()})),
    "alarm": Naming("alarm", suffixed, among(alarms), listed(suffixed, "AlarmName")),
}


# ---------------------------------------------------------------- the checks
def checks(aws: Aws, making: Sequence[Resource]) -> Iterator[Check]:
    """One for each region in which something with a name will be made."""
    for region in dict.fromkeys(resource.place.region for resource in making):
        named = [(NAMES[r.kind], r) for r in making if r.place.region == region and r.kind in NAMES]
        if named:
            yield Check("names", region, tuple(naming.ask(aws.at(region), r) for naming, r in named),
                        partial(free, named), partly=True)


def free(named: Sequence[tuple[Naming, Resource]], *answers: Any) -> Outcome:
    """Pure. One name that is taken is enough to know, whatever couldn't be asked."""
    unseen = dict.fromkeys(answer.why for answer in answers if isinstance(answer, Unanswered))
    taken = [f"{naming.what} {naming.name(resource)}" for (naming, resource), answer in zip(named, answers, strict=True)
             if not isinstance(answer, Unanswered) and naming.taken(resource, answer)]
    if taken:
        return wrong(f"taken by what is not this stack's: {', '.join(taken)}", MEND)
    if unseen:
        return unknown("; ".join(unseen))
    return fine(f"{len(named)} that will be given are free")
