"""An account in process, and commands on it: what a subprocess would make too slow."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import patch

import pytest

from tapctl import cli, session
from tapctl.aws import Cloud, Connections
from tapctl.emulator.correction import ACCOUNT, World
from tapctl.errors import UsageError
from tapctl.events import Event
from tapctl.naming import Place, tag_list
from tapctl.session import Session, Stop
from tests.conformance.lab import Wires, settings

EAST, WEST = "us-east-1", "us-west-2"
T = TypeVar("T", bound=Event)


@dataclass
class Stage:
    """told: what the sessions' operations have told; world: None where no call must be made."""

    world: World | None
    wires: Wires
    capsys: pytest.CaptureFixture[str]
    told: list[Event] = field(default_factory=list)

    def session(self, environment: str = "staging", *, chosen: Sequence[str] = (),
                regions: Sequence[str] = (EAST, WEST), command: str = "up", **more: Any) -> Session:
        """What a command hands to its operation. more: settings, by their dotted path."""
        made = settings(*regions, environment=environment, **more)
        place = Place(made.project, environment, made.owner, ACCOUNT, made.primary, "aws")
        return Session(made, Cloud(place, self.wires.connections), session.worked_on(command, made, chosen),
                       self.told.append, Stop(), run=secrets.token_hex(6), command=command,
                       who=f"arn:aws:iam::{ACCOUNT}:user/me")

    def forget(self) -> None:
        """As if nothing were told or called yet."""
        self.told.clear()
        self.wires.meter.reset()

    def again(self, session: Session) -> Session:
        """The next command on the same stack."""
        self.forget()
        return self.session(regions=session.settings.regions)

    def heard(self, kind: type[T]) -> list[T]:
        return [event for event in self.told if isinstance(event, kind)]

    def connect(self, run: str, region: str) -> Connections:
        assert self.world is not None, "no call was to be made"
        return self.wires.connections

    def run(self, *args: str, environ: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """`tapctl ARGS`: exit code, stdout, stderr."""
        variables = {"PATH": os.environ["PATH"], "TAPCTL_STATE_DIR": os.environ["TAPCTL_STATE_DIR"], **(environ or {})}
        with (patch.dict(os.environ, variables, clear=True), patch.object(sys, "argv", ["tapctl", *args]),
              patch.object(session, "connect", self.connect),
              pytest.raises(SystemExit) as ended):
            cli.main()
        said = self.capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, said.out, said.err


# ---------------------------------------------------------------- people who are asked
def yes(what: object) -> None:
    """Agrees."""


def no(what: object) -> None:
    raise UsageError("no")


# ---------------------------------------------------------------- single things, made by raw calls
def stack_role(stage: Stage, environment: str, region: str) -> None:
    place = stage.session(environment).place.at(region)
    stage.wires.raw("iam", EAST).create_role(
        RoleName=place.name(), AssumeRolePolicyDocument='{"Statement": []}',
        Tags=tag_list(place.tags(f"{region}/role")))


def stack_bucket(stage: Stage, region: str) -> None:
    """With the stack's name, and without its tags."""
    stage.wires.raw("s3", region).create_bucket(
        Bucket=stage.session().place.at(region).bucket_name("logs"), BucketNamespace="account-regional",
        CreateBucketConfiguration={"LocationConstraint": region})


def stack_table(stage: Stage, region: str, environment: str = "staging") -> str:
    """Its ARN."""
    place = stage.session(environment).place.at(region)
    made = stage.wires.raw("dynamodb", region).create_table(
        TableName=place.name(), BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=tag_list(place.tags(f"{region}/table")))
    return str(made["TableDescription"]["TableArn"])


def stack_alarm(stage: Stage, region: str) -> str:
    """Its name. A stack has it where its replicas are, so that it is surplus in the primary's region."""
    place = stage.session().place.at(region)
    name = place.name("replica-lag")
    stage.wires.raw("cloudwatch", region).put_metric_alarm(
        AlarmName=name, MetricName="ReplicaLag", Namespace="AWS/RDS", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        Tags=tag_list(place.tags(f"{region}/alarm/replica-lag")))
    return name


def stack_database(stage: Stage, region: str) -> str:
    """A primary database, in subnets that aren't the stack's. Its ARN."""
    place, rds = stage.session().place.at(region), stage.wires.raw("rds", region)
    subnets = stage.wires.raw("ec2", region).describe_subnets()["Subnets"]
    rds.create_db_subnet_group(DBSubnetGroupName="theirs", DBSubnetGroupDescription="x",
                               SubnetIds=[subnet["SubnetId"] for subnet in subnets])
    made = rds.create_db_instance(
        DBInstanceIdentifier=place.database_id, Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
        MasterUsername="owner", MasterUserPassword="not-a-secret", DBSubnetGroupName="theirs",
        Tags=tag_list(place.tags(f"{region}/database")))
    return str(made["DBInstance"]["DBInstanceArn"])


def stack_parts(stage: Stage, region: str) -> set[str]:
    """Their keys: what holds data, what that uses, and what has nothing to do with it."""
    stack_table(stage, region)
    stack_key(stage, region)
    stack_role(stage, "staging", region)
    stack_alarm(stage, region)
    stage.wires.meter.reset()
    return {f"{region}/{name}" for name in ("table", "kms_key", "role", "alarm/replica-lag")}


def locks(stage: Stage) -> list[str]:
    """The names of all stacks' locks."""
    found = stage.wires.raw("ssm", EAST).get_parameters_by_path(Path="/tapctl", Recursive=True)["Parameters"]
    return [one["Name"] for one in found]


def stack_key(stage: Stage, region: str) -> str:
    """Its ARN."""
    place, kms = stage.session().place.at(region), stage.wires.raw("kms", region)
    arn = str(kms.create_key(Description=place.name(), Tags=tag_list(
        place.tags(f"{region}/kms_key"), prefix="Tag"))["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName=place.alias_name, TargetKeyId=arn)
    return arn
