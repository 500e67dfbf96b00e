"""Each check passes on a stack that is whole, and is the only one that fails on a stack broken in its one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tapctl.resources.endpoint import OPEN
from tapctl.settings import App
from tapctl.verify.check import Outcome, Verdict
from tapctl.verify.checks import CHECKS
from tests.stage import EAST, WEST
from tests.verify.breakages import TABLE, Breakage
from tests.verify.breakages.reachability import without_routes
from tests.verify.standing import Edit, Here

Open = Callable[[str], Here]
GONE = f"arn:aws:acm:{EAST}:123456789012:certificate/gone"


def test_no_check_is_without_a_breakage() -> None:
    assert {breakage.check for breakage in TABLE} == {check.name for check in CHECKS}


@pytest.mark.parametrize("region", [EAST, WEST])
def test_all_pass_on_a_stack_that_stands(here: Open, region: str) -> None:
    run = here(region).verify()
    assert {one.check: (one.saw, one.wrong) for one in run.verdicts if one.outcome is not Outcome.PASSED} == {}
    expected = {check.name for check in CHECKS if check.applies(here(region).lab.settings, region)}
    assert {one.check for one in run.verdicts} == expected
    assert all(one.saw and not one.mend and one.region == region for one in run.verdicts)
    assert {check.name for check in CHECKS} - expected == (
        {"replication.state", "replication.lag"} if region == EAST else
        {"http.redirect", "tls.listener", "tls.certificate", "tls.redirect"})


@pytest.mark.parametrize("breakage", TABLE, ids=str)
def test_broken_in_one_way_just_one_fails(here: Open, breakage: Breakage) -> None:
    region = here(breakage.region)
    with breakage.done(region):
        failed = region.failed()
    assert {name: one.wrong for name, one in failed.items() if name != breakage.check} == {}
    assert breakage.check in failed
    assert breakage.says in "\n".join(failed[breakage.check].wrong)
    assert failed[breakage.check].mend


def test_nothing_is_asked_for_twice_and_nothing_is_changed(here: Open) -> None:
    region = here(EAST)
    region.lab.meter.reset()
    region.verify()
    calls = region.lab.meter.calls
    assert [str(call) for call in calls if call.mutating] == []
    described = [f"{call} {call.params}" for call in calls if call.service == "ec2"]
    assert len(described) == len(set(described))


def test_a_denied_look_is_told_and_hides_nothing_else(here: Open) -> None:
    region = here(EAST)
    region.lab.meter.denied = ("ec2:DescribeVolumes", "rds:DescribeDBInstances")
    run = region.verify()
    skipped = {one.check: one.denied for one in run.verdicts if one.outcome is Outcome.SKIPPED}
    assert skipped["encryption.volumes"] == skipped["tags.launched"] == "ec2:DescribeVolumes"
    assert skipped["database.serves"] == "rds:DescribeDBInstances"
    assert run.denied == ["ec2:DescribeVolumes", "rds:DescribeDBInstances"]
    assert run.counts[Outcome.FAILED] == 0
    assert next(one for one in run.verdicts if one.check == "role.allows").outcome is Outcome.PASSED


# ---------------------------------------------------------------- what no breakage is
def one(here: Here, check: str) -> Verdict:
    verdict, = here.verify([one for one in CHECKS if one.name == check]).verdicts
    return verdict


def test_no_figure_of_lag_yet(here: Open) -> None:
    region = here(WEST)
    region.later = timedelta(hours=3)
    verdict = one(region, "replication.lag")
    assert (verdict.outcome, verdict.saw) == (
        Outcome.SKIPPED, "CloudWatch has no ReplicaLag of the last 15 minutes")


@pytest.mark.parametrize("state", ["initial", "draining"])
def test_a_target_that_comes_or_goes_is_no_failure(here: Open, state: str) -> None:
    region = here(EAST)
    with region.answered("elbv2", "DescribeTargetHealth", lambda answer: answer["TargetHealthDescriptions"][0].update(
            TargetHealth={"State": state})):
        verdict = one(region, "reachability.targets")
    assert (verdict.outcome, verdict.saw) == (Outcome.PASSED, "1 of 2 targets healthy, at least 1 must be")


def test_no_backup_of_a_new_database_yet(here: Open) -> None:
    region = here(EAST)
    with region.answered("rds", "DescribeDBInstances", lambda answer: [
            one.pop("LatestRestorableTime") for one in answer["DBInstances"]]):
        verdict = one(region, "backups.database")
    assert (verdict.outcome, verdict.saw) == (
        Outcome.SKIPPED, "the database is new, and its first backup has not ended")


@pytest.mark.parametrize(("check", "saw"), [
    ("tls.certificate", "not there"), ("http.health", f"there is no certificate {GONE}"),
    ("tls.listener", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09: TLSv1.2, TLSv1.3")])
def test_a_certificate_that_is_gone(here: Open, check: str, saw: str) -> None:
    settings = here(EAST).lab.settings.model_copy(update={"certificate_arns": {EAST: GONE}})
    verdict, = here(EAST).verify([one for one in CHECKS if one.name == check], settings).verdicts
    assert (verdict.outcome, verdict.saw) == (Outcome.FAILED, saw)
    assert GONE in "".join(verdict.wrong)


@pytest.mark.parametrize(("service", "operation", "edit", "check", "saw"), [
    ("rds", "DescribeDBInstances", lambda answer: [one.pop("Endpoint") for one in answer["DBInstances"]],
     "reachability.database", "the database has no address: it is available"),
    ("rds", "DescribeDBInstances", lambda answer: answer["DBInstances"][0]["VpcSecurityGroups"].append(
        {"VpcSecurityGroupId": "sg-beyond"}), "reachability.database", "security group sg-beyond is not in the VPC"),
    ("rds", "DescribeDBInstances", lambda answer: answer["DBInstances"][0].update(DBInstanceStatus="deleting"),
     "database.serves", "deleting, Multi-AZ, db.t3.small"),
    ("autoscaling", "DescribeAutoScalingGroups", lambda answer: answer["AutoScalingGroups"][0]["Instances"].clear(),
     "reachability.application", "TapStack-production-us-east-1 has no instance"),
    ("kms", "DescribeKey", lambda answer: answer["KeyMetadata"].update(
        KeyState="PendingDeletion", DeletionDate=datetime(2030, 1, 1, tzinfo=UTC)),
     "encryption.key", "there is no us-east-1/kms_key"),
])
def test_what_is_missing_fails(here: Open, service: str, operation: str, edit: Edit, check: str, saw: str) -> None:
    region = here(EAST)
    with region.answered(service, operation, edit):
        verdict = one(region, check)
    assert (verdict.outcome, verdict.saw) == (Outcome.FAILED, saw)


# ---------------------------------------------------------------- the other region
def parted(region: Here) -> AbstractContextManager[None]:
    """The connection is one with another VPC."""
    return region.answered("ec2", "DescribeVpcPeeringConnections", lambda answer: [
        one["AccepterVpcInfo"].update(VpcId="vpc-elsewhere") for one in answer["VpcPeeringConnections"]])


def peers(region: Here, peering: str) -> Verdict:
    network = region.lab.settings.network.model_copy(update={"peering": peering})
    settings = region.lab.settings.model_copy(update={"network": network})
    verdict, = region.verify([check for check in CHECKS if check.name == "reachability.peers"], settings).verdicts
    return verdict


modes = pytest.mark.parametrize(("peering", "fails"), [("auto", False), ("required", True)])


@pytest.mark.parametrize(("region", "other"), [(EAST, WEST), (WEST, EAST)])
def test_the_other_regions_database_is_reached(here: Open, region: str, other: str) -> None:
    """A connection of other VPCs is there as well."""
    theirs = {"RequesterVpcInfo": {"VpcId": "vpc-1", "Region": EAST},
              "AccepterVpcInfo": {"VpcId": "vpc-2", "Region": WEST}}
    with here(region).answered("ec2", "DescribeVpcPeeringConnections", lambda answer: answer[
            "VpcPeeringConnections"].insert(0, theirs)):
        assert one(here(region), "reachability.peers").saw == f"application -> the database of {other}"


@pytest.mark.parametrize(("check", "said"), [
    ("reachability.closed.database", "tcp 5432 in from 10.1.10.0/24"),
    ("reachability.closed.ways-out", "tcp 5432 out to 10.1.10.0/24")])
def test_a_peered_regions_application_is_let_in_and_a_stranger_is_not(here: Open, check: str, said: str) -> None:
    assert one(here(EAST), check).outcome is Outcome.PASSED
    with parted(here(EAST)):
        assert said in "".join(one(here(EAST), check).wrong)


@modes
def test_not_peered(here: Open, peering: str, fails: bool) -> None:
    with parted(here(EAST)):
        verdict = peers(here(EAST), peering)
    assert verdict.saw == "not joined with us-west-2"
    assert verdict.wrong == ("its VPC is not joined with that of us-west-2",) * fails


@modes
def test_somebody_elses_connection_without_routes_joins_nothing(here: Open, peering: str, fails: bool) -> None:
    region = here(EAST)
    with without_routes(region, WEST), region.answered(
            "ec2", "DescribeVpcPeeringConnections", lambda answer: [
                one.update(Tags=[]) for one in answer["VpcPeeringConnections"]]):
        verdict = peers(region, peering)
    assert bool(verdict.wrong) == fails
    assert ("not joined with us-west-2 by pcx-" in verdict.saw) != fails


def test_the_policy_of_an_endpoint_of_others_is_judged_as_far_as_it_can_be(here: Open) -> None:
    region = here(EAST)

    def answer(**statement: Any) -> Edit:
        policy = json.dumps({"Statement": {**OPEN, **statement}})
        return lambda answer: [one.update(Tags=[], PolicyDocument=policy) for one in answer["VpcEndpoints"]
                               if one["VpcEndpointId"] == name]

    name = region.found["endpoint/s3"].id
    with region.answered("ec2", "DescribeVpcEndpoints", answer(Condition={"Bool": {"aws:ViaAWSService": "true"}})):
        told = one(region, "reachability.endpoints")
    with region.answered("ec2", "DescribeVpcEndpoints", answer(Action="s3:GetObject")):
        refused = one(region, "reachability.endpoints")
    assert told.outcome is Outcome.PASSED
    assert f"; the policy of {name} may refuse s3:PutObject on arn:aws:s3:::" in told.saw
    (line,) = refused.wrong
    assert line.startswith(f"the policy of {name} refuses s3:PutObject on arn:aws:s3:::")


def test_the_groups_of_stacks_that_share_an_endpoint_are_not_judged(here: Open) -> None:
    region = here(EAST)
    ec2, endpoint = region("ec2"), region.found["endpoint/logs"]
    group = ec2.create_security_group(GroupName="theirs", Description="x", VpcId=endpoint.raw["VpcId"])["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "tapctl:stack", "Value": "TapStack/other"}])
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint.id, AddSecurityGroupIds=[group])
    shared = one(region, "reachability.closed.endpoints")
    ec2.create_tags(Resources=[group], Tags=[{"Key": "tapctl:stack", "Value": "TapStack/production"}])
    opened = one(region, "reachability.closed.endpoints")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint.id, RemoveSecurityGroupIds=[group])
    ec2.delete_security_group(GroupId=group)
    assert shared.outcome is Outcome.PASSED
    assert opened.wrong == ("the security groups of its endpoints let everything out to 0.0.0.0/0",)


def test_without_data_access_the_data_is_too_much(here: Open) -> None:
    region = here(EAST)
    settings = region.lab.settings.model_copy(update={"app": App(data_access=False)})
    verdict, = region.verify([check for check in CHECKS if check.name == "role.nothing-else"], settings).verdicts
    allowed = "\n".join(verdict.wrong)
    assert f"policy app allows dynamodb:GetItem on {region.found['table'].id}" in allowed
    assert "policy app allows secretsmanager:GetSecretValue on " in allowed
    assert "policy app allows kms:Decrypt on " in allowed
    assert "s3:" not in allowed.replace("s3.us-east-1", "")
