"""What is wanted, as the user says it: config.toml, overridden by the environment, overridden by flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails

from tapctl import settings_problems, settings_sources
from tapctl.defaults import ENVIRONMENTS, REGIONS
from tapctl.errors import UsageError
from tapctl.naming import partition_of
from tapctl.settings_values import (
    AccountId,
    ActionArn,
    AttributeName,
    CertificateArn,
    DatabaseClass,
    DatabaseName,
    DatabaseUser,
    EnvironmentName,
    HealthPath,
    InstanceType,
    MajorVersion,
    ParameterName,
    ProjectName,
    Region,
    RetentionDays,
    TagValue,
    UserDataFile,
    VpcId,
    between,
    refusal,
)

_PRODUCTION = {"instance_type": "t3.medium", "max_size": 6, "desired_size": 2, "database_class": "db.t3.small"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


class Network(_Model):
    """vpc_id: region -> the VPC to use there; elsewhere the region's default VPC.
    peering: whether the VPCs of two regions are joined: where their address ranges allow it, always, or never."""

    vpc_id: Mapping[Region, VpcId] = {}
    peering: Literal["auto", "required", "off"] = "auto"


class Endpoints(_Model):
    """Which VPC endpoints the stack sees to. Without one, the VPC needs another way to that service."""

    s3: bool = True
    dynamodb: bool = True
    logs: bool = True


class App(_Model):
    """port: where the application listens (1024..65535: it runs unprivileged); health_path: what the load balancer
    asks for; user_data_file: one's own start-up script; data_access: whether instances may use table and secret."""

    port: Annotated[int, between(1024, 65535, "a port that needs no privileges,")] = 8080
    health_path: HealthPath = "/health"
    user_data_file: UserDataFile | None = None
    data_access: bool = False


class Database(_Model):
    """major_version of PostgreSQL; storage_gib: GiB of gp3, which can grow but never shrink; backup_days: days that
    automated backups are kept, never 0, as a source of replicas needs them; name and username: of the first database
    and its master user. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""

    major_version: MajorVersion = 17
    storage_gib: Annotated[int, between(20, 65536, "a whole number of GiB")] = 20
    backup_days: Annotated[int, between(1, 35, "a number of days")] = 7
    name: DatabaseName = "tapstack"
    username: DatabaseUser = "tapadmin"


class KeyAttribute(_Model):
    """An attribute of the table's key; type: S(tring), N(umber) or B(inary)."""

    name: AttributeName
    type: Literal["S", "N", "B"] = "S"


class Table(_Model):
    """The DynamoDB table's key, fixed once the table stands."""

    partition_key: KeyAttribute = KeyAttribute(name="pk")
    sort_key: KeyAttribute | None = None

    @field_validator("sort_key")
    @classmethod
    def _differs(cls, value: KeyAttribute | None, info: ValidationInfo) -> KeyAttribute | None:
        partition = info.data.get("partition_key")
        if value and partition and value.name == partition.name:
            raise refusal("has the name of the partition key", "give the two keys different names")
        return value


class Logs(_Model):
    """retention_days: of the log group, one of CloudWatch's values; noncurrent_days: days until the log bucket's old
    versions go; object_days: days until its objects go, None: they stay."""

    retention_days: RetentionDays = 30
    noncurrent_days: Annotated[int, between(1, 36500, "a number of days")] = 30
    object_days: Annotated[int, between(1, 36500, "a number of days")] | None = None


class Alarms(_Model):
    """actions: region -> what its alarms tell, at most five (a limit of PutMetricAlarm)."""

    actions: Mapping[Region, Annotated[tuple[ActionArn, ...], Field(max_length=5)]] = {}


class Sizes(_Model):
    """What differs between environments. Sizes are numbers of instances: min_size <= desired_size <= max_size."""

    instance_type: InstanceType = "t3.micro"
    min_size: Annotated[int, between(1, 1000, "a number of instances")] = 1
    max_size: Annotated[int, between(1, 1000, "a number of instances")] = 3
    desired_size: Annotated[int, between(1, 1000, "a number of instances")] = 1
    database_class: DatabaseClass = "db.t3.micro"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_size <= self.desired_size <= self.max_size:
            raise refusal(f"min_size {self.min_size}, desired_size {self.desired_size} and max_size {self.max_size} "
                          "are not in order", "let min_size <= desired_size <= max_size")
        return self


def _in_region(info: ValidationInfo, given: Iterable[tuple[tuple[str | int, ...], str, str]]) -> None:
    """Refuses every (path, region, value) of a region that the stack isn't in, and ARNs of another region."""
    regions = info.data.get("regions", ())  # none: they are refused themselves
    found = []
    for path, region, value in given if regions else ():
        named = value.split(":")[3] if value.startswith("arn:") else ""
        if region not in regions:
            why, mend = f"{region} is not among regions", f"use one of {', '.join(regions)}, or add it to regions"
        elif named not in ("", region):
            why, mend = f"is of {named} and stands under {region}", f"give one of {region}"
        else:
            continue
        found.append(InitErrorDetails(type=refusal(why, mend), loc=path, input=value))
    if found:
        raise ValidationError.from_exception_data("settings", found)


class Settings(_Model):
    """All settings, validated as a whole; defaults are those of the committed config.toml.

    regions: the first is the primary; bucket_region: whose bucket the flat outputs name first (the primary unless
    given); allowed_account_ids: empty allows every account; environments: sizes by name; environment: from
    ENVIRONMENT or --env only, None where the command needs none.
    """

    project: ProjectName = "TapStack"
    owner: TagValue = "platform"
    environment: EnvironmentName | None = None
    regions: tuple[Region, ...] = REGIONS
    bucket_region: str = ""
    allowed_account_ids: tuple[AccountId, ...] = ()
    ami_parameter: ParameterName = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    network: Network = Network()
    endpoints: Endpoints = Endpoints()
    app: App = App()
    database: Database = Database()
    table: Table = Table()
    logs: Logs = Logs()
    alarms: Alarms = Alarms()
    certificate_arns: Mapping[Region, CertificateArn] = {}
    environments: Mapping[EnvironmentName, Sizes] = {}

    @field_validator("regions")
    @classmethod
    def _regions(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        if not regions:
            raise refusal("names no region", 'name at least the primary, such as ["us-east-1"]')
        if twice := sorted({region for region in regions if regions.count(region) > 1}):
            raise refusal(f"names {', '.join(twice)} more than once", "name each region once, the primary first")
        if len(partitions := dict.fromkeys(map(partition_of, regions))) > 1:
            raise refusal(f"mixes the partitions {', '.join(partitions)}, which no account spans",
                          "name regions of one partition")
        return regions

    @field_validator("bucket_region")
    @classmethod
    def _bucket_region(cls, region: str, info: ValidationInfo) -> str:
        regions = info.data.get("regions", ())
        if region and regions and region not in regions:
            raise refusal("is not one of the stack's regions", f"give one of {', '.join(regions)}")
        return region or next(iter(regions), "")

    @field_validator("network")
    @classmethod
    def _vpcs(cls, network: Network, info: ValidationInfo) -> Network:
        _in_region(info, ((("vpc_id", region), region, vpc) for region, vpc in network.vpc_id.items()))
        return network

    @field_validator("alarms")
    @classmethod
    def _actions(cls, alarms: Alarms, info: ValidationInfo) -> Alarms:
        _in_region(info, ((("actions", region, at), region, arn)
                          for region, arns in alarms.actions.items() for at, arn in enumerate(arns)))
        return alarms

    @field_validator("certificate_arns")
    @classmethod
    def _certificates(cls, arns: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        _in_region(info, (((region,), region, arn) for region, arn in arns.items()))
        return arns

    @field_validator("environments", mode="before")
    @classmethod
    def _inherit(cls, given: Any) -> Any:
        """Completes each table: production from its defaults, every other from staging."""
        if not isinstance(given, Mapping):
            return given
        tables = {**{name: {} for name in ENVIRONMENTS}, **given}
        staging = tables["staging"] if isinstance(tables["staging"], Mapping) else {}
        return {name: {**(_PRODUCTION if name == "production" else staging), **table}
                if isinstance(table, Mapping) else table for name, table in tables.items()}

    @property
    def primary(self) -> str:
        """The region of the database that is written to."""
        return self.regions[0]

    @property
    def sizes(self) -> Sizes:
        """The environment's sizes; staging's for an environment without a table of its own. UsageError without one."""
        return self.environments.get(self.require_environment(), self.environments["staging"])

    def require_environment(self) -> str:
        """The environment's name. UsageError: none was given."""
        if self.environment is None:
            raise UsageError("no environment is named", reason="tapctl never chooses an environment by itself",
                             mend="give --env, such as --env staging, or set ENVIRONMENT")
        return self.environment


def load(file: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any]) -> Settings:
    """The settings: file, then environment, then flags, each over the one before.

    file: must exist when given; None: ./config.toml if there is one, else the same values built in.
    environ: ENVIRONMENT, BUCKET_REGION and TAPCTL_<KEY>, nested with two underscores, lists split at commas, an empty
    value as if unset; AWS_REGION or AWS_DEFAULT_REGION is the primary region only where nothing else names regions.
    flags: "env" or a setting's dotted path -> value; None as if not given.

    ConfigurationError: names everything that is wrong, where it was said, and the mend.
    """
    given = settings_sources.gather(Settings, file, environ, flags, REGIONS)
    problems = list(given.problems)
    try:
        settings = Settings.model_validate(given.values)
    except ValidationError as error:
        problems += settings_problems.explain(Settings, given, error)
    if problems:
        raise settings_problems.summed_up(problems)
    return settings
