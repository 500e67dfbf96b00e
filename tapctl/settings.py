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
    setting,
)

_PRODUCTION = {"instance_type": "t3.medium", "max_size": 6, "desired_size": 2, "database_class": "db.t3.small"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


class Network(_Model):
    peering: Literal["auto", "required", "off"] = setting(
        "auto", "join the regions' VPCs: auto (where address ranges allow it), required, off")
    vpc_id: Mapping[Region, VpcId] = setting(
        {}, "instead of a region's default VPC; docs/network.md: what it must have",
        {"us-east-1": "vpc-0123456789abcdef0"})


class Endpoints(_Model):
    s3: bool = setting(True, "false: the VPC has another way to S3")
    dynamodb: bool = setting(True, "false: it has another way to DynamoDB")
    logs: bool = setting(True, "false: it has another way to CloudWatch Logs")


class App(_Model):
    port: Annotated[int, between(1024, 65535, "a port that needs no privileges,")] = setting(
        8080, "where the application listens, unprivileged: 1024 to 65535")
    health_path: HealthPath = setting("/health", "what the load balancer asks for")
    data_access: bool = setting(False, "true: instances may use the table and the database's secret")
    user_data_file: UserDataFile | None = setting(
        None, "a start-up script of your own, at most 16 KiB, relative to this file", "boot.sh")


class Database(_Model):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""

    major_version: MajorVersion = setting(17, "of PostgreSQL, 15 or newer; RDS keeps the minor version up to date")
    storage_gib: Annotated[int, between(20, 65536, "a whole number of GiB")] = setting(
        20, "GiB of gp3, 20 to 65536; it can grow, never shrink")
    backup_days: Annotated[int, between(1, 35, "a number of days")] = setting(
        7, "1 to 35; 0 is not possible, because the replicas rest on backups")
    name: DatabaseName = setting("tapstack", "of the first database")
    username: DatabaseUser = setting(
        "tapadmin", "its master user; the password is made by tapctl and lives in Secrets Manager")


class KeyAttribute(_Model):
    """An attribute of the table's key; type: S(tring), N(umber) or B(inary)."""

    name: AttributeName
    type: Literal["S", "N", "B"] = "S"


class Table(_Model):
    partition_key: KeyAttribute = setting(KeyAttribute(name="pk"), "S(tring), N(umber) or B(inary)")
    sort_key: KeyAttribute | None = setting(None, "without it there is none", {"name": "sk", "type": "S"})

    @field_validator("sort_key")
    @classmethod
    def _differs(cls, value: KeyAttribute | None, info: ValidationInfo) -> KeyAttribute | None:
        partition = info.data.get("partition_key")
        if value and partition and value.name == partition.name:
            raise refusal("has the name of the partition key", "give the two keys different names")
        return value


class Logs(_Model):
    retention_days: RetentionDays = setting(30, "of the log group; one of the values that CloudWatch Logs has")
    noncurrent_days: Annotated[int, between(1, 36500, "a number of days")] = setting(
        30, "days until old versions leave the log bucket")
    object_days: Annotated[int, between(1, 36500, "a number of days")] | None = setting(
        None, "days until objects leave the log bucket; without it they stay", 365)


class Alarms(_Model):
    actions: Mapping[Region, Annotated[tuple[ActionArn, ...], Field(max_length=5)]] = setting(
        {}, "who hears of alarms, at most five a region",  # a limit of PutMetricAlarm
        {"us-east-1": ["arn:aws:sns:us-east-1:123456789012:alarms"]})


class Sizes(_Model):
    """What differs between environments."""

    instance_type: InstanceType = setting("t3.micro", "of the instances")
    min_size: Annotated[int, between(1, 1000, "a number of instances")] = setting(1, "instances a region, at least")
    desired_size: Annotated[int, between(1, 1000, "a number of instances")] = setting(1, "at first")
    max_size: Annotated[int, between(1, 1000, "a number of instances")] = setting(3, "at the most")
    database_class: DatabaseClass = setting("db.t3.micro", "of the databases")

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
    """All settings, validated as a whole. Their descriptions and examples are the comments of config.toml, which
    `tapctl init` writes (settings_file.py); what has an example holds without being said.

    environment: from ENVIRONMENT or --env only, None where the command needs none.
    """

    project: ProjectName = setting(
        "TapStack", "starts every name; 2 to 16 letters and digits; keep it once a stack stands")
    owner: TagValue = setting("platform", "the tag Owner")
    environment: EnvironmentName | None = None
    regions: tuple[Region, ...] = setting(
        REGIONS, "the first is the primary: its database is the one written to. Without this line AWS_REGION or "
                 "AWS_DEFAULT_REGION names the primary.")
    bucket_region: str = setting(
        "", "whose log bucket the outputs name first (or BUCKET_REGION); the primary's", "us-east-1")
    allowed_account_ids: tuple[AccountId, ...] = setting(
        (), "in any other account tapctl stops; without it every account is allowed", ["123456789012"])
    ami_parameter: ParameterName = setting(
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "the SSM parameter of the AMI")
    network: Network = setting(Network(), "where the stack stands")
    endpoints: Endpoints = setting(
        Endpoints(), "instances have no way to the internet: they reach these services through the VPC's endpoints. "
                     "One that already serves the VPC is used, not doubled.")
    app: App = setting(App(), "what the instances run")
    database: Database = setting(Database(), "PostgreSQL: a primary in the first region, a replica in every other")
    table: Table = setting(Table(), "the DynamoDB table's key: fixed once the table stands")
    logs: Logs = setting(Logs(), "how long they are kept")
    alarms: Alarms = setting(Alarms(), "of targets, databases and errors")
    certificate_arns: Mapping[Region, CertificateArn] = setting(
        {}, "with a region's ACM certificate, issued or imported there: HTTPS, and HTTP redirects to it. Regions "
            "without one serve HTTP.",
        {"us-east-1": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"})
    environments: Mapping[EnvironmentName, Sizes] = setting(
        {}, "Any lower-case name is an environment. A table below sets its sizes; what it leaves out, or the whole of "
            "it, is staging's (production's: the values here). min_size <= desired_size <= max_size.")

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

    @property
    def stack(self) -> str:
        """ "TapStack/staging"; "all stacks" where no environment was given."""
        return f"{self.project}/{self.environment}" if self.environment else "all stacks"

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
