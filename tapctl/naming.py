"""Names, tags and ownership. Pure: what a thing is called follows from where it stands and whose it is.

Everything is `<Project>-<environment>-<region>`, and a suffix where one region holds several of a kind. A service
whose rules forbid that spelling has a property of its own here, with the rule beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha1
from typing import Any

OWNERSHIP_STACK = "tapctl:stack"
OWNERSHIP_KEY = "tapctl:key"
TAG_NAMES = frozenset({"Environment", "Project", "Owner", "Name", OWNERSHIP_STACK, OWNERSHIP_KEY})

# All patterns are for re.fullmatch.
#: 2 to 16 letters and digits, a letter first. No hyphen: where the project ends can then always be read from a name.
#: Not what a service reserves at the start of its names: sg- (EC2), internal- (ELB), sthree-, amzn-s3-demo-, xn-- (S3).
PROJECT = r"(?!(?i:sg|internal|sthree|amzn|xn)$)[A-Za-z][A-Za-z0-9]{1,15}"
#: 1 to 24 lower-case letters, digits and single inner hyphens, a letter first: what an RDS identifier can hold.
ENVIRONMENT = r"(?=.{1,24}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
#: The shape of a region's name in every partition: us-east-1, us-gov-west-1, eusc-de-east-1.
REGION = r"[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-[1-9][0-9]?"
ACCOUNT = r"[0-9]{12}"
#: A logical key: REGION/KIND or REGION/KIND/ROLE.
KEY = rf"(?P<region>{REGION})/(?P<kind>[a-z][a-z0-9_]*)(?:/(?P<role>[a-z0-9][a-z0-9-]*))?"

BUCKET_ROLES = ("logs", "alb-logs")
_LOAD_BALANCER_LIMIT = 32
_BUCKET_LIMIT = 63
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html: every other region of aws, aws-cn,
# aws-us-gov and aws-eusc has account-regional namespaces.
_GLOBAL_BUCKETS_ONLY = frozenset({"me-south-1", "me-central-1"})


# The start of a region's name -> its partition; the first that fits.
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b",
               "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f", "eusc-": "aws-eusc", "": "aws"}


def partition_of(region: str) -> str:
    """The partition that a region's name tells, "aws" for "us-east-1"."""
    return next(partition for start, partition in _PARTITIONS.items() if region.startswith(start))


# Where a partition keeps what all its regions share; they are always enabled.
_HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1",
          "aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1",
          "aws-iso-f": "us-isof-south-1"}


def home(partition: str) -> str:
    """The partition's own region."""
    return _HOMES[partition]


def _digest(text: str) -> str:
    """Six hex digits that tell apart names which look alike once they are cut. Nothing secret rests on them."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()[:6]


@dataclass(frozen=True)
class Place:
    """Where a thing stands and whose it is: identity as data.

    project, environment: as PROJECT and ENVIRONMENT have it; owner: any tag value; account: 12 digits;
    region: "us-east-1"; partition: "aws", "aws-us-gov", ...
    """

    project: str
    environment: str
    owner: str
    account: str
    region: str
    partition: str

    @property
    def stack(self) -> str:
        """The value of the tag tapctl:stack, "TapStack/production"."""
        return f"{self.project}/{self.environment}"

    def at(self, region: str) -> Place:
        """The same stack in another region."""
        return replace(self, region=region)

    def name(self, suffix: str = "") -> str:
        """ "TapStack-production-us-east-1", and "-suffix" where there is one.

        As it is for roles, instance profiles, security groups, Auto Scaling groups, launch templates, tables,
        log groups and alarms.
        """
        return f"{self.project}-{self.environment}-{self.region}" + (f"-{suffix}" if suffix else "")

    def tags(self, key: str) -> dict[str, str]:
        """All six tags of the thing with this logical key. ValueError: it is not REGION/KIND or REGION/KIND/ROLE."""
        parts = re.fullmatch(KEY, key)
        if parts is None:
            raise ValueError(f"not a logical key: {key!r}")
        return {
            "Environment": self.environment,
            "Project": self.project,
            "Owner": self.owner,
            "Name": self.at(parts["region"]).name(parts["role"] or ""),
            OWNERSHIP_STACK: self.stack,
            OWNERSHIP_KEY: key,
        }

    def launch_tags(self, key: str) -> dict[str, str]:
        """What launched instances and their volumes carry. Without tapctl:key: snapshots and images that someone
        makes of them copy their tags, and would else claim to be the thing itself."""
        return {name: value for name, value in self.tags(key).items() if name != OWNERSHIP_KEY}

    def arn(self, service: str, resource: str, region: str | None = None, account: str | None = None) -> str:
        """An ARN in this partition, region and account, unless others are given ("" where the service has none)."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    @property
    def load_balancer_name(self) -> str:
        """At most 32 letters, digits and hyphens; the full name, or its start and a hash of it.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
        """
        full = self.name()
        if len(full) <= _LOAD_BALANCER_LIMIT:
            return full
        return f"{full[:_LOAD_BALANCER_LIMIT - 7].rstrip('-')}-{_digest(full)}"

    @property
    def target_group_name(self) -> str:
        """The load balancer's: same rule, another name space."""
        return self.load_balancer_name

    @property
    def database_id(self) -> str:
        """Lower-case, as RDS stores and answers it. No role in it: a promoted replica keeps its name.

        https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
        """
        return self.name().lower()

    @property
    def db_subnet_group_name(self) -> str:
        """Lower-case, as RDS stores and answers it."""
        return self.name().lower()

    @property
    def alias_name(self) -> str:
        """The KMS alias, "alias/TapStack-production-us-east-1"."""
        return f"alias/{self.name()}"

    @property
    def secret_name(self) -> str:
        """With a suffix, because "-east-1" is a hyphen and six characters, which a secret's name must not end in:
        Secrets Manager would take them for the random end of another secret's ARN.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
        """
        return self.name("database")

    @property
    def has_account_buckets(self) -> bool:
        """Whether S3 keeps a name space for this account here: BucketNamespace="account-regional"."""
        return self.region not in _GLOBAL_BUCKETS_ONLY and not self.partition.startswith("aws-iso")

    def bucket_name(self, role: str) -> str:
        """ "tapstack-production-logs-123456789012-us-east-1-an": a name that no other account can take, because S3
        keeps names of this form for the account in them; where it doesn't, without the reserved "-an".
        At most 63 characters: a longer start is cut and a hash put in.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        """
        end = f"-{self.account}-{self.region}" + ("-an" if self.has_account_buckets else "")
        start = f"{self.project}-{self.environment}".lower()
        room = _BUCKET_LIMIT - len(f"-{role}{end}")
        # "pr-alb" and "logs" would spell the name of "pr" and "alb-logs".
        reads = f"{start}-{role}"
        if len(start) > room or any(len(other) > len(role) and reads.endswith(f"-{other}") for other in BUCKET_ROLES):
            start = f"{start[:room - 7].rstrip('-')}-{_digest(f'{self.stack}/{role}')}"
        return f"{start}-{role}{end}"


def claims(tags: Mapping[str, str], place: Place) -> str | None:
    """The logical key that these tags claim in this stack and region, or None.

    Both ownership tags must be exact: another environment whose name starts alike, a malformed key or a key of
    another region (tags copied across regions) claim nothing. Whether the claim is true, the name has to say.
    """
    key = tags.get(OWNERSHIP_KEY, "")
    parts = re.fullmatch(KEY, key)
    return key if parts and parts["region"] == place.region and tags.get(OWNERSHIP_STACK) == place.stack else None


def tag_list(tags: Mapping[str, str], prefix: str = "") -> list[Any]:
    """Tags as most services take them, [{"Key", "Value"}], sorted. prefix="Tag" for KMS's TagKey, TagValue.

    Any, because each service's stub has a TypedDict of its own for the same two strings.
    """
    return [{f"{prefix}Key": name, f"{prefix}Value": tags[name]} for name in sorted(tags)]


def tag_dict(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags as any service answers them: Key and Value, KMS's TagKey and TagValue, or key and value."""
    flat = ({name.lower().removeprefix("tag"): value for name, value in tag.items()} for tag in tags)
    return {tag["key"]: tag.get("value") or "" for tag in flat}
