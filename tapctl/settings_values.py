"""The shapes of single settings: each says what is wrong with a value and how to mend it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from tapctl import naming

#: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                  3653)
#: Bytes before base64. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
USER_DATA_LIMIT = 16384
#: RDS refuses what PostgreSQL reserves, and these of its own: "cannot be used as it is a reserved word used by the
#: engine". https://www.postgresql.org/docs/current/sql-keywords-appendix.html
_RESERVED = """
    admin db rdsadmin rdstopmgr rdsrepladmin template0 template1
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
    session_user some symmetric system_user table then to trailing true union unique user using variadic when where
    window with
"""


def setting(default: Any, description: str, example: Any = None) -> Any:
    """A setting as config.toml explains it. example: of one that holds without being said, so that its line is none."""
    return Field(default, description=description, examples=None if example is None else [example])


def refusal(why: str, mend: str) -> PydanticCustomError:
    """What a validator raises: why the value won't do, and what will."""
    return PydanticCustomError("tapctl", "{why}", {"why": why, "mend": mend})


def matching(pattern: str, why: str, mend: str) -> AfterValidator:
    """A text that the whole pattern matches. As with all validators here, its docstring is the rule, for the reference.
    """

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise refusal(why, mend)
        return value

    check.__doc__ = why.partition(": ")[2] or why.removeprefix("is not ")
    return AfterValidator(check)


def between(low: int, high: int, what: str) -> AfterValidator:
    """A whole number, both ends included; what: a noun with its unit, for the mend."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise refusal(f"is below {low}" if value < low else f"is above {high}", f"give {what} from {low} to {high}")
        return value

    check.__doc__ = f"{what} from {low} to {high}"
    return AfterValidator(check)


def _unreserved(value: str) -> str:
    """no word that PostgreSQL or RDS reserves"""
    if value.lower() in _RESERVED.split() or value.lower().startswith("pg_"):
        raise refusal("is reserved by PostgreSQL or RDS", f'choose another name, such as "app_{value.lower()}"')
    return value


def _major(value: Any) -> Any:
    if isinstance(value, str | float):
        if re.fullmatch(r"\d{1,3}", str(value)) is None:
            raise refusal("is not a major version", "give the major version alone, such as 17: RDS picks the minor one")
        return int(value)
    return value


def _supported(value: int) -> int:
    """a major version, 15 or newer"""
    if value < 15:
        raise refusal("is older than PostgreSQL 15, the first that enforces TLS by default", "give 15 or newer")
    return value


def _allowed_retention(value: int) -> int:
    if value not in RETENTION_DAYS:
        near = min(RETENTION_DAYS, key=lambda days: abs(days - value))
        raise refusal("is no retention that CloudWatch Logs has",
                      f"give {near}, the nearest, or another of {', '.join(map(str, RETENTION_DAYS))} days")
    return value


_allowed_retention.__doc__ = f"days: one of {', '.join(map(str, RETENTION_DAYS))}"


def _path(value: Any) -> Any:
    return Path(value) if isinstance(value, str) else value


def _user_data(value: Path) -> Path:
    """the path of a readable file"""
    try:
        with value.open("rb") as file:
            size = len(file.read(USER_DATA_LIMIT + 1))
    except (OSError, ValueError) as error:
        raise refusal(f"can't be read: {getattr(error, 'strerror', None) or error}",
                      "give the path of a readable file, relative to config.toml, or leave it out") from error
    if size > USER_DATA_LIMIT:
        raise refusal(f"holds more than the {USER_DATA_LIMIT} bytes that EC2 takes",
                      "shorten it, or let it fetch the rest from S3")
    return value


ProjectName = Annotated[str, matching(
    naming.PROJECT, "is no project name: 2 to 16 letters and digits, a letter first, no prefix that AWS reserves",
    'choose a name such as "TapStack"')]
EnvironmentName = Annotated[str, matching(
    naming.ENVIRONMENT,
    "is no environment name: 1 to 24 lower-case letters, digits and single inner hyphens, a letter first",
    'choose a name such as "production" or "pr-7"')]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TagValue = Annotated[str, matching(
    r"(?!(?i:aws:))(?! )[\w .:/=+@-]{1,256}(?<! )",
    "is no tag value: 1 to 256 letters, digits, spaces and . : / = + - @ _, not starting with aws:",
    'give a team or an address, such as "platform"')]
Region = Annotated[str, matching(
    naming.REGION, "is not the name of an AWS region", 'write it as AWS does, such as "us-east-1"')]
AccountId = Annotated[str, matching(
    naming.ACCOUNT, "is not an AWS account id", 'give all 12 digits in quotes, such as "123456789012"')]
VpcId = Annotated[str, matching(
    r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})", "is not the id of a VPC", 'give one such as "vpc-0123456789abcdef0"')]
CertificateArn = Annotated[str, matching(
    r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[\w-]+", "is not the ARN of an ACM certificate",
    'give one such as "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-..."')]
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
ActionArn = Annotated[str, matching(
    r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:\S{1,900}", "is not the ARN of an alarm action",
    'give that of an SNS topic, such as "arn:aws:sns:us-east-1:123456789012:alarms"')]
InstanceType = Annotated[str, matching(
    r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "is not an EC2 instance type", 'give one such as "t3.micro"')]
DatabaseClass = Annotated[str, matching(
    r"db\.[a-z][a-z0-9-]*\.[a-z0-9-]+", "is not an RDS instance class", 'give one such as "db.t3.micro"')]
HealthPath = Annotated[str, matching(
    r"/[!-~]{0,1023}", "is not the path of a health check: a slash first, no spaces, at most 1024 characters",
    'give one such as "/health"')]
ParameterName = Annotated[str, matching(
    r"/[\w./-]{1,1010}", "is not the full name of an SSM parameter",
    'give one such as "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"')]
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, DBName and MasterUsername
DatabaseName = Annotated[str, matching(
    r"[A-Za-z][A-Za-z0-9_]{0,62}", "is no database name: 1 to 63 letters, digits and underscores, a letter first",
    'choose one such as "tapstack"'), AfterValidator(_unreserved)]
DatabaseUser = Annotated[str, matching(
    r"[A-Za-z][A-Za-z0-9_]{0,15}", "is no master user name: 1 to 16 letters, digits and underscores, a letter first",
    'choose one such as "tapadmin"'), AfterValidator(_unreserved)]
AttributeName = Annotated[str, matching(
    r"(?s:.){1,255}", "is no attribute name: 1 to 255 characters", 'choose one such as "pk"')]
MajorVersion = Annotated[int, BeforeValidator(_major), AfterValidator(_supported)]
RetentionDays = Annotated[int, AfterValidator(_allowed_retention)]
UserDataFile = Annotated[Path, BeforeValidator(_path), AfterValidator(_user_data)]
