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


# ---------------------------------------------------------------- single things, made by raw calls
def stack_role(stage: Stage, environment: str, region: str) -> None:
    place = stage.session(environment).place.at(region)
    stage.wires.raw("iam", EAST).create_role(
        RoleName=place.name(), AssumeRolePolicyDocument="{}", Tags=tag_list(place.tags(f"{region}/role")))


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


def stack_key(stage: Stage, region: str) -> str:
    """Its ARN."""
    place, kms = stage.session().place.at(region), stage.wires.raw("kms", region)
    arn = str(kms.create_key(Description=place.name(), Tags=tag_list(
        place.tags(f"{region}/kms_key"), prefix="Tag"))["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName=place.alias_name, TargetKeyId=arn)
    return arn
