"""What stops `up` before anything is made."""

from __future__ import annotations

import pytest

from tapctl.doctor import before
from tapctl.errors import ConfigurationError, Exit
from tapctl.events import Checked, Result
from tapctl.facts import survey
from tapctl.operations import up
from tapctl.session import Session
from tapctl.stack import build
from tests.stage import EAST, Stage, no, yes


def take(stage: Stage, session: Session) -> None:
    """Somebody else has the table's name."""
    stage.wires.raw("dynamodb", EAST).create_table(
        TableName=session.place.name(), BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])


def test_a_problem_stops_it_before_anybody_is_asked(stage: Stage) -> None:
    session = stage.session(regions=[EAST])
    take(stage, session)
    with pytest.raises(ConfigurationError, match="nothing was changed, because it would not succeed") as raised:
        up(session, no)
    assert raised.value.exit_code is Exit.CONFIGURATION
    assert raised.value.reason == (
        f"{EAST}: names: taken by what is not this stack's: table TapStack-staging-{EAST}")
    (checked,) = stage.heard(Checked)
    assert [(one.check, one.region) for one in checked.findings if one.result is Result.PROBLEM] == [("names", EAST)]
    assert not stage.wires.meter.mutating


def test_an_unknown_does_not(stage: Stage) -> None:
    stage.wires.meter.denied = ("servicequotas:GetServiceQuota", "service-quotas:GetServiceQuota",
                                "rds:DescribeAccountAttributes", "freetier:GetAccountPlanState",
                                "iam:GetAccountSummary", "ec2:DescribeInstanceTypes")
    assert up(stage.session(regions=[EAST]), yes) is Exit.DONE
    (checked,) = stage.heard(Checked)
    results = {one.check: one.result for one in checked.findings}
    assert results["free plan"] is results["quota of vCPUs"] is results["quota of databases"] is Result.UNKNOWN
    assert results["names"] is results["quota of target groups"] is Result.OK
    assert set(results.values()) == {Result.OK, Result.UNKNOWN}


def test_nothing_is_checked_where_nothing_is_made(stage: Stage) -> None:
    session = stage.session(regions=[EAST])
    assert up(session, yes) is Exit.DONE
    assert len(stage.heard(Checked)) == 1
    stage.wires.raw("s3", EAST).put_bucket_versioning(
        Bucket=session.place.bucket_name("logs"), VersioningConfiguration={"Status": "Suspended"})
    assert up(stage.again(session), yes) is Exit.DONE
    assert not stage.heard(Checked)
    asked = {call.operation for call in stage.wires.meter.calls}
    assert "DescribeAccountAttributes" not in asked
    assert "PutBucketVersioning" in asked


def test_only_what_is_missing_is_asked_for(stage: Stage, one: Session) -> None:
    stage.wires.raw("cloudwatch", EAST).delete_alarms(AlarmNames=[one.place.name("target-5xx")])
    assert up(one, yes) is Exit.DONE
    (checked,) = stage.heard(Checked)
    assert [(one.check, one.result) for one in checked.findings] == [
        ("credentials", Result.OK), ("names", Result.OK)]


def test_few_calls(stage: Stage) -> None:
    """Two regions, nothing there: each question once."""
    session = stage.session()
    facts = survey(session.aws, session.settings)
    resources = list(build(session.place, facts, session.settings).values())
    stage.wires.meter.reset()
    before.preflight(session, resources, facts)
    asked = [f"{call} {call.params}" for call in stage.wires.meter.calls]
    assert len(asked) == len(set(asked))
    assert len(asked) < 50
    assert not stage.wires.meter.mutating
