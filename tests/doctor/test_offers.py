"""What regions offer, line by line, of the survey's own answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tapctl.doctor import offers
from tapctl.doctor.check import asked, judged, made
from tapctl.events import Finding, Result
from tapctl.facts import Facts, survey
from tests.doctor.answers import said
from tests.memory import EAST, refusal
from tests.test_facts import CERTIFICATE, Answers, account, offered, option, settings

DENIED = refusal("UnauthorizedOperation", "x is not authorized to perform: ec2:DescribeSubnets", "DescribeSubnets")
IN_TWO = "choose another {} under [environments] in config.toml, or another region"
ALL = "zones and subnets"


def found(**flags: Any) -> tuple[dict[str, Finding], Facts | None]:
    answers, chosen = {**account(), **flags.pop("answers", {})}, settings(**flags)
    survey = offers.surveyed(Answers(answers), chosen)
    checks = list(offers.checks(survey, chosen))
    answered = asked(checks)
    return ({finding.check: finding for finding in (judged(check, answered) for check in checks)},
            offers.networks(survey, answered, chosen))


def test_all_is_offered() -> None:
    findings, facts = found()
    assert {name: said(finding) for name, finding in findings.items()} == {
        name: (Result.OK, seen, "") for name, seen in {
            "VPC": "vpc-1, 10.0.0.0/16",
            "instance type": "t3.micro in us-east-1a, us-east-1b, us-east-1c, us-east-1d",
            "database class": "db.t3.micro in us-east-1a, us-east-1b, us-east-1c, us-east-1d",
            "image": "ami-1",
            ALL: "us-east-1a, us-east-1b, us-east-1c"}.items()}
    assert {finding.region for finding in findings.values()} == {EAST}
    assert facts is not None
    checks = offers.later(Answers(), facts, settings())
    (narrowed,) = asked(checks).values()
    assert {EAST: narrowed} == survey(Answers(), settings())
    assert [said(finding) for finding in made(checks)] == [(Result.OK, "s3, dynamodb, logs", "")]


def test_a_service_that_is_offered_elsewhere() -> None:
    _, facts = found()
    assert facts is not None
    aws = Answers({**account(), "describe_vpc_endpoint_services": {"ServiceDetails": [offered("logs", "d")]}})
    (finding,) = made(offers.later(aws, facts, settings()))
    assert finding.result is Result.PROBLEM
    assert finding.seen.startswith(f"{EAST}: the service logs has no endpoint in us-east-1a, us-east-1b, us-east-1c")


def test_no_service_is_wanted() -> None:
    _, facts = found()
    assert facts is not None
    none = {f"endpoints.{name}": False for name in ("s3", "dynamodb", "logs")}
    assert made(offers.later(Answers(), facts, settings(**none)))[0].seen == "none wanted"


@pytest.mark.parametrize(("answers", "result", "seen", "mend"), [
    ({}, Result.OK, "issued, and good for a while", ""),
    ({"describe_certificate": {"Certificate": {
        "Status": "ISSUED", "Type": "IMPORTED", "DomainName": "app.example.com",
        "NotAfter": datetime.now(UTC) + timedelta(days=9.5)}}},
     Result.WARNING, f"the certificate {CERTIFICATE} expires in 9 days, on ", "import its successor: aws acm "),
    ({"describe_certificate": refusal("ResourceNotFoundException")},
     Result.PROBLEM, f"{EAST}: the certificate {CERTIFICATE} is not there: ACM of that account", "name another one"),
    ({"describe_certificate": refusal("AccessDeniedException", "no", "DescribeCertificate")},
     Result.UNKNOWN, "can't be checked: not allowed: DescribeCertificate", ""),
])
def test_a_certificate(answers: dict[str, Any], result: Result, seen: str, mend: str) -> None:
    findings, facts = found(certificate_arns={EAST: CERTIFICATE}, answers=answers)
    finding = findings["certificate"]
    assert finding.result is result
    assert finding.seen.startswith(seen)
    assert finding.mend.startswith(mend)
    assert bool(finding.mend) is bool(mend)
    assert (facts is None) is (result in (Result.PROBLEM, Result.UNKNOWN))


def test_without_a_vpc() -> None:
    findings, facts = found(answers={"describe_vpcs": {"Vpcs": []}})
    assert said(findings.pop("VPC")) == (
        Result.PROBLEM, "us-east-1 has no default VPC",
        f"name one under [network] vpc_id in config.toml, or: aws ec2 create-default-vpc --region {EAST}")
    assert findings.pop("image").result is Result.OK
    assert {finding.seen for finding in findings.values()} == {"can't be checked: us-east-1 has no default VPC"}
    assert facts is None


def test_a_vpc_that_does_not_resolve_names() -> None:
    off = {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": False}}
    findings, facts = found(answers={"describe_vpc_attribute": off})
    assert findings["VPC"].result is Result.PROBLEM
    assert findings["VPC"].seen.startswith(f"{EAST}: vpc-1 has enableDnsHostnames off")
    assert facts is None


def test_a_size_that_is_hardly_offered() -> None:
    findings, facts = found(answers={
        "describe_instance_type_offerings": {"InstanceTypeOfferings": [{"Location": f"{EAST}a"}]},
        "describe_orderable_db_instance_options": {"OrderableDBInstanceOptions": []}})
    assert said(findings["instance type"]) == (
        Result.PROBLEM, "t3.micro is offered in us-east-1a of the VPC's zones, and the stack needs 2",
        IN_TWO.format("instance_type"))
    assert said(findings["database class"]) == (
        Result.PROBLEM, "db.t3.micro is offered in none of the VPC's zones, and the stack needs 2",
        IN_TWO.format("database_class"))
    assert findings[ALL].result is Result.PROBLEM
    assert facts is None


def test_sizes_that_are_not_offered_together() -> None:
    findings, _ = found(answers={
        "describe_instance_type_offerings": {"InstanceTypeOfferings": [{"Location": f"{EAST}{zone}"} for zone in "ab"]},
        "describe_orderable_db_instance_options": {"OrderableDBInstanceOptions": [option("cd")]}})
    assert findings["instance type"].result is findings["database class"].result is Result.OK
    assert findings[ALL].result is Result.PROBLEM
    assert findings[ALL].seen.startswith("us-east-1: 0 of the VPC's zones offer all that the stack needs")


def test_an_image_that_is_not_there() -> None:
    findings, facts = found(answers={"get_parameter": refusal("ParameterNotFound")})
    assert findings["image"].result is Result.PROBLEM
    assert findings["image"].seen.startswith(f"{EAST}: there is no parameter /aws/service/ami-amazon-linux-latest/")
    assert findings["VPC"].result is Result.OK
    assert facts is None


@pytest.mark.parametrize(("operation", "unknown"), [
    ("describe_vpcs", {"VPC", "instance type", "database class"}),
    ("describe_subnets", {"instance type", "database class"}),
    ("describe_instance_type_offerings", {"instance type"}),
    ("describe_db_engine_versions", {"database class"}),
    ("get_parameter", {"image"}),
    ("describe_route_tables", set()),
    ("describe_vpc_endpoints", set()),
    ("describe_managed_prefix_lists", set()),
])
def test_what_may_not_be_asked(operation: str, unknown: set[str]) -> None:
    findings, facts = found(answers={operation: DENIED})
    names = {name for name, finding in findings.items() if finding.result is Result.UNKNOWN}
    assert names == unknown | {ALL}
    assert {findings[name].seen for name in names} == {"can't be checked: not allowed: ec2:DescribeSubnets"}
    assert facts is None
