"""The pages that list IAM actions list those that are needed, and no others."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from tapctl.emulator.correction import ACCOUNT
from tapctl.permissions import Need, Statement, allowed, fits, statements
from tests.conformance.lab import Wires, models
from tests.conformance.meter import Call
from tests.iam.actions import BESIDES, GUIDE, RARE, RENAMED, called, of, operation
from tests.iam.life import Calls, lived
from tests.iam.page import COMMANDS, written
from tests.iam.policies import CHANGING, LIMIT, READING, size

ROOT = Path(__file__).parents[2]


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text()


PAGE = text_of("permissions")
#: Of botocore's names, those that are called.
SERVICES = ("acm", "autoscaling", "cloudwatch", "dynamodb", "ec2", "elbv2", "freetier", "iam", "kms", "logs", "rds",
            "resourcegroupstaggingapi", "s3", "secretsmanager", "service-quotas", "ssm", "sts")


def policies() -> dict[str, Any]:
    """As they stand in the page."""
    return {name: json.loads(text) for name, text in re.findall(
        r"<!-- (\w+): begin -->\n```json\n(.*?)\n```\n", PAGE, re.DOTALL)}


def listed(text: str) -> set[str]:
    """All actions that a text names; one without its service is of the last one's."""
    found, service = set(), ""
    for its, name in re.findall(r"`([a-z0-9]+:)?([A-Z][A-Za-z]+\*?)`", text):
        service = its or service
        found.add(f"{service}{name}")
    return found


def needs() -> dict[str, set[str]]:
    """By command, as the page has it."""
    found: dict[str, set[str]] = {command: set() for command in COMMANDS}
    table = PAGE.partition("<!-- commands: begin -->")[2].partition("<!-- commands: end -->")[0]
    for service, commands, names in re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| (.*) \|$", table, re.MULTILINE):
        for command in commands.split(", "):
            found[command] |= listed(names.replace("`", f"`{service}:", 1))
    return found


# ---------------------------------------------------------------- by a life
#: (service, parameter) -> the resource that it names.
NAMES = {
    ("autoscaling", "AutoScalingGroupName"): "autoScalingGroup:id:autoScalingGroupName/{}",
    ("autoscaling", "Tags"): "autoScalingGroup:id:autoScalingGroupName/{}",
    ("cloudwatch", "AlarmName"): "alarm:{}",
    ("cloudwatch", "AlarmNames"): "alarm:{}",
    ("dynamodb", "TableName"): "table/{}",
    ("elasticloadbalancing", "Name"): "loadbalancer/app/{}/id",
    ("iam", "AWSServiceName"): "role/aws-service-role/{}/name",
    ("iam", "InstanceProfileName"): "instance-profile/{}",
    ("iam", "RoleName"): "role/{}",
    ("logs", "logGroupName"): "log-group:{}",
    ("rds", "DBInstanceIdentifier"): "db:{}",
    ("rds", "DBParameterGroupName"): "pg:{}",
    ("rds", "DBSubnetGroupName"): "subgrp:{}",
    ("s3", "Bucket"): "{}",
    ("secretsmanager", "Name"): "secret:{}-random",
    ("secretsmanager", "SecretId"): "secret:{}-random",
    ("ssm", "Name"): "parameter{}",
    ("ssm", "Path"): "parameter{}",
}


def resources(call: Call) -> list[str]:
    """What a call is about, by the names in its parameters, or else by the ARNs. What it doesn't tell is "*"."""
    service = operation(call).partition(":")[0]
    region, account = {"iam": ("", ACCOUNT), "s3": ("", "")}.get(service, (call.region, ACCOUNT))
    values = [(name, one) for name, value in call.params.items() for one in texts(value)]
    arns = [one for _, one in values if one.startswith(f"arn:aws:{service}:")]
    start = f"arn:aws:{service}:{region}:"
    named = [f"{start}{'' if one.startswith('/aws/') else account}:{NAMES[service, name].format(one)}"
             for name, one in values if (service, name) in NAMES and one not in arns]
    return named or arns or ["*"]


def texts(value: Any) -> list[str]:
    """A parameter's words; of the tags of an Auto Scaling group, the group's name."""
    several = value if isinstance(value, list) else [value]
    return [one for it in several if isinstance(one := it.get("ResourceId") if isinstance(it, dict) else it, str)]


def refused(calls: Calls) -> Iterator[str]:
    """What the policies don't allow of what the commands have called, on what they have called it."""
    for command, its in calls.items():
        names = ["read", *([] if command in READING else [command if command in CHANGING else "up"])]
        allow = [unconditional(one) for name in names for one in statements(policies()[name])]
        for need in sorted({(action, it) for call in its for action in of(call) for it in resources(call)}):
            if not allowed(allow, Need(*need)):
                yield f"{command}: {' on '.join(need)}"


def unconditional(statement: Statement) -> Statement:
    return {name: value for name, value in statement.items() if name != "Condition"}


def idle(calls: Calls) -> Iterator[str]:
    """Rows of the tables that nothing needs: of what isn't called, or of what is usual."""
    actions = {command: called(its) for command, its in calls.items()}
    yield from RENAMED.keys() - {operation(call) for its in calls.values() for call in its}
    yield from BESIDES.keys() - set().union(*actions.values())
    yield from (f"{command}: {action}" for action, rare in RARE.items() for command in rare.commands
                if action in actions[command])


def test_a_life_takes_what_the_pages_say(wires: Wires) -> None:
    """One test, for a life is long."""
    calls = lived(wires)
    wires.meter.reset()
    assert written(PAGE, calls) == PAGE, "python -m tests.iam docs/permissions.md"
    assert list(refused(calls)) == []
    assert list(idle(calls)) == []
    rows = "\n".join(line for line in text_of("doctor").splitlines() if line.startswith(("|", "Where an account")))
    assert listed(rows) == called(calls["doctor"]) | {
        action for action, rare in RARE.items() if "doctor" in rare.commands}


# ---------------------------------------------------------------- without one
def test_every_operation_that_the_product_names_is_in_the_page() -> None:
    """By whatever name a client is known there: of operations that several services have, one will do."""
    services = [models().load_service_model(name, "service-2") for name in SERVICES]
    known: dict[str, set[str]] = {}
    for name, model in zip(SERVICES, services, strict=True):
        for its in model["operations"]:
            known.setdefault(xform_name(its), set()).update(of(Call(name, its, "", {})))
    page = set().union(*needs().values())
    named = {name for path in (ROOT / "tapctl").rglob("*.py") if "emulator" not in path.parts
             for name in words(ast.parse(path.read_text())) if "_" in name and name in known}
    assert len(named) > 150
    assert {name for name in named if not known[name] & page} == set()
    rare = {name for name in named if known[name] & RARE.keys()}
    assert RARE.keys() <= set().union(*(known[name] for name in rare))


def words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_verify_says_what_it_reads_beyond_a_plan() -> None:
    said, its = listed(text_of("verify").partition("<!-- checks")[0]), needs()
    assert its["verify"] - its["plan"] <= said <= its["verify"]


def test_what_is_needed_besides_has_its_page() -> None:
    assert {more.page for more in BESIDES.values() if not more.page.startswith(GUIDE)} == set()


@pytest.mark.parametrize("name", ["read", *CHANGING])
def test_a_policy_fits_and_gives_nothing_away(name: str) -> None:
    """It is no longer than a managed policy may be. Roles, secrets and data are those of the project alone."""
    policy = policies()[name]
    assert 0 < size(policy) <= LIMIT
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len({*sids}) == len(sids)
    whole = {action for one in policy["Statement"] if one["Resource"] == "*" and "Condition" not in one
             for action in one["Action"]}
    assert not {action for action in whole if action.startswith(("iam:", "s3:", "rds:", "dynamodb:", "secretsmanager:"))
                and not fits("*:Describe*", action) and not fits("*:List*", action) and not fits("*:Get*", action)}
    assert not whole & {"secretsmanager:GetSecretValue", "kms:Decrypt", "kms:CreateGrant", "ssm:GetParameter"}


def test_every_action_of_the_table_is_in_a_policy_and_none_else() -> None:
    given = {action for policy in policies().values() for one in policy["Statement"] for action in one["Action"]}
    assert given == set().union(*needs().values())
