"""Make all of them: python -m pictures [DIRECTORY]"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3

from pictures.session import Session
from pictures.terminal import picture
from tapctl.emulator import process
from tapctl.session import use_emulator

HALF_WAY = re.compile(r"database .*creating(.|\n)*made, waits for load_balancer")
REPORT, NAMED = r"^us-east-1  \d+ ", "TapStack-production-us-east-1"


def pictures(environ: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(name, SVG): a stack made, drifted, looked at and removed."""
    up = Session("tapctl up --env production --local --yes", environ, 80, 24)
    up.until(HALF_WAY.search)
    yield "up", picture(up.terminal, "tapctl up --env production --local --yes")
    up.resize(100, 60)
    up.end()
    yield "up-done", picture(up.terminal, "tapctl up --env production --local --yes", REPORT)

    drift()
    for name, command, lines in (("plan", "tapctl plan --env production --local", 24),
                                 ("status", "tapctl status --env production --local --region us-east-1", 40)):
        shown = Session(command, environ, 100, lines)
        shown.end()
        yield name, picture(shown.terminal, command)

    down = Session("tapctl down --env production --local --yes", environ, 100, 60)
    down.end()
    yield "down", picture(down.terminal, "tapctl down --env production --local --yes", REPORT)


def drift() -> None:
    """What somebody may do by hand: open a port, switch protection off, delete an alarm."""
    use_emulator(os.environ)
    ec2, dynamodb, cloudwatch = (boto3.client(service, "us-east-1") for service in ("ec2", "dynamodb", "cloudwatch"))
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{NAMED}-rds"]}])
    ec2.authorize_security_group_ingress(GroupId=groups["SecurityGroups"][0]["GroupId"], IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    dynamodb.update_continuous_backups(
        TableName=NAMED, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
    cloudwatch.delete_alarms(AlarmNames=[f"{NAMED}-database-storage"])


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        environ = {"TAPCTL_STATE_DIR": state}
        os.environ |= environ
        try:
            for name, svg in pictures(environ):
                (directory / f"{name}.svg").write_text(svg)
                print(f"{name}.svg", flush=True)  # noqa: T201 - what it has made
        finally:
            process.stop()


if __name__ == "__main__":
    main()
