"""The commands' bodies, without a terminal: what they change, what they tell, and what they end with."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from errno import ENOSPC
from typing import Any, NoReturn
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tapctl.down import find
from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Began, Change, Checked, Ended, Event, Finished, Note, Outputs, Planned, Problem
from tapctl.explain import FRESH
from tapctl.model import Denied, Failed, Found, Going, Gone, Kind
from tapctl.observe import Item, World
from tapctl.operations import Work, prunable, up, with_deletions
from tapctl.plans import Plan
from tapctl.reconnect import Away
from tapctl.resources.alarm import Alarm
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.role import Role
from tapctl.resources.secret import Secret
from tapctl.resources.table import Table
from tapctl.session import Session
from tapctl.status import collect, stacks, state, status
from tapctl.view import View, named, view
from tests.doctor.wanted import wanted
from tests.stage import EAST, WEST, Stage, stack_table


def yes(work: Work) -> None:
    """Whoever is asked agrees."""


class Asked(list[Planned]):
    """Agrees, and keeps what was asked."""

    def __call__(self, work: Work) -> None:
        self.append(work.planned)


def no(work: Work) -> None:
    raise UsageError("no")


def tags(session: Session, key: str, service: str = "Key") -> list[Any]:
    value = service.replace("Key", "Value").replace("key", "value")
    return [{service: name, value: text} for name, text in session.place.tags(key).items()]


def surplus_alarm(stage: Stage, session: Session) -> str:
    """One that the stack has in its replicas' regions only, in the primary's."""
    name = session.place.name("replica-lag")
    stage.wires.raw("cloudwatch", EAST).put_metric_alarm(
        AlarmName=name, MetricName="ReplicaLag", Namespace="AWS/RDS", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        Tags=tags(session, f"{EAST}/alarm/replica-lag"))
    return name


@pytest.fixture
def one(stage: Stage) -> Session:
    """A stack in one region that stands."""
    session = stage.session(regions=[EAST])
    assert up(session, yes) is Exit.DONE
    stage.told.clear()
    stage.wires.meter.reset()
    return session


def refreshed(stage: Stage, session: Session) -> Session:
    """The next command on it."""
    stage.told.clear()
    stage.wires.meter.reset()
    return stage.session(regions=session.settings.regions)


# ---------------------------------------------------------------- up
def test_made_and_kept(stage: Stage) -> None:
    people = Asked()
    assert up(stage.session(), people) is Exit.DONE
    (planned,), (ended,), (outputs,) = stage.heard(Planned), stage.heard(Ended), stage.heard(Outputs)
    created = {change.key for change in planned.changes if change.what == "create"}
    assert people == [planned]
    assert ended.counts == {"create": len(created)}
    assert (ended.command, ended.exit_code) == ("up", 0)
    assert {told.key for told in stage.heard(Finished)} == created
    assert list(outputs.values) == [EAST, WEST]
    assert outputs.values[WEST]["database_arn"].startswith("arn:aws:rds:us-west-2:")
    assert not stage.heard(Problem)

    again = refreshed(stage, stage.session())
    assert up(again, no) is Exit.DONE
    assert not stage.wires.meter.mutating
    asked = Counter(call.operation for call in stage.wires.meter.calls)
    assert (asked["ListBuckets"], asked["DescribeRegions"], asked["GetResources"]) == (1, 0, 0)
    assert not stage.heard(Began)
    assert stage.heard(Ended)[0].counts == {}
    assert stage.heard(Outputs) == [outputs]
    assert collect(again)["regions"] == outputs.values


def test_only_what_is_approved(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no"):
        up(stage.session(), no)
    assert [type(event) for event in stage.told] == [Planned, Checked]
    assert not stage.wires.meter.mutating


def test_what_can_not_be_done(stage: Stage, one: Session) -> None:
    other = stage.session(regions=[EAST], **{"table.partition_key.name": "other"})
    with pytest.raises(TapctlError, match="nothing was changed") as raised:
        up(other, yes)
    assert "It can't be changed in place" in raised.value.reason
    (planned,) = stage.heard(Planned)
    assert list(planned.refused) == [f"{EAST}/table"]
    assert not stage.wires.meter.mutating


def test_what_may_not_be_looked_for_and_what_needs_it_is_left_out(stage: Stage) -> None:
    stage.wires.meter.denied = ("secretsmanager:DescribeSecret", "dynamodb:DescribeTable")
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    (planned,) = stage.heard(Planned)
    assert planned.omitted[f"{EAST}/table"] == (
        "not allowed to look for it (dynamodb:DescribeTable), so it is neither made nor changed")
    assert planned.omitted[f"{EAST}/database"] == f"it needs {EAST}/secret/database"
    assert (planned.refused, planned.unread) == ({}, {})
    problems = {problem.key: problem for problem in stage.heard(Problem)}
    told = {key for problem in problems.values() for key in (problem.key, *problem.blocks)}
    assert told == planned.omitted.keys()
    assert "secretsmanager:DescribeSecret" in problems[f"{EAST}/secret/database"].message
    assert problems[f"{EAST}/secret/database"].mend == "allow it, and run `tapctl up` again"
    assert problems[f"{EAST}/secret/database"].blocks == (f"{EAST}/database",)
    finished = {told.key for told in stage.heard(Finished)}
    assert f"{EAST}/auto_scaling_group" in finished
    assert not finished & told
    assert not stage.heard(Outputs)

    assert up(refreshed(stage, stage.session(regions=[EAST])), yes) is Exit.DONE
    assert {told.key for told in stage.heard(Began)} == planned.omitted.keys()


def test_of_what_stands_all_is_compared_that_can_be(stage: Stage, one: Session) -> None:
    stage.wires.raw("logs", EAST).delete_retention_policy(logGroupName=one.place.name())
    stage.wires.raw("cloudwatch", EAST).delete_alarms(AlarmNames=[one.place.name("target-5xx")])
    stage.wires.meter.denied = ("kms:DescribeKey", "elbv2:DescribeLoadBalancers", "s3:GetBucketVersioning")
    assert up(one, yes) is Exit.FAILED
    (planned,), problems = stage.heard(Planned), stage.heard(Problem)
    assert {change.key for change in planned.changes} == {f"{EAST}/log_group"}
    said = {problem.key: problem.message for problem in problems}
    assert said[f"{EAST}/kms_key"].startswith("not allowed to look for it (kms:DescribeKey)")
    (balancer,) = (problem for problem in problems if problem.key == f"{EAST}/load_balancer")
    assert f"{EAST}/alarm/target-5xx" in balancer.blocks
    assert said[f"{EAST}/database"] == "fixed: it can't be compared without kms:DescribeKey, and is left as it is"
    assert [problem.message for problem in problems if problem.key == f"{EAST}/bucket/logs"] == [
        f"{aspect}: it can't be compared without {action}, and is left as it is"
        for aspect, action in (("versioning", "s3:GetBucketVersioning"), ("encryption", "kms:DescribeKey"))]
    assert {call.operation for call in stage.wires.meter.mutating if call.service != "ssm"} == {"PutRetentionPolicy"}


def test_a_failure_leaves_the_rest_going(stage: Stage) -> None:
    stage.wires.meter.denied = ("secretsmanager:CreateSecret", "dynamodb:CreateTable")
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    problems = {problem.key: problem for problem in stage.heard(Problem)}
    table, secret = problems[f"{EAST}/table"], problems[f"{EAST}/secret/database"]
    assert "AccessDenied: not authorized to perform: dynamodb:CreateTable" in table.message
    assert table.mend.startswith("allow this action to whoever runs tapctl")
    assert (table.operation, table.code, table.blocks) == ("dynamodb:CreateTable", "AccessDenied", ())
    assert secret.blocks == (f"{EAST}/database",)
    assert len(problems) == len(stage.heard(Problem)) == 2
    assert not stage.heard(Outputs)
    finished = {told.key for told in stage.heard(Finished)}
    assert f"{EAST}/auto_scaling_group" in finished

    assert up(refreshed(stage, stage.session(regions=[EAST])), yes) is Exit.DONE
    began = {told.key for told in stage.heard(Began)}
    assert {f"{EAST}/table", f"{EAST}/database", f"{EAST}/secret/database"} <= began
    assert not began & finished


def test_what_may_not_be_read_of_what_was_just_made_is_told(stage: Stage) -> None:
    stage.wires.meter.denied = ("kms:GetKeyPolicy",)
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    (problem,) = stage.heard(Problem)
    assert (problem.key, problem.blocks) == (f"{EAST}/kms_key", ())
    assert problem.message == "policy: it can't be compared without kms:GetKeyPolicy, and is left as it is"
    assert up(refreshed(stage, stage.session(regions=[EAST])), yes) is Exit.DONE


def test_a_network_that_is_gone_is_one_error(stage: Stage) -> None:
    session, unsent = stage.session(regions=[EAST]), EndpointConnectionError(endpoint_url="https://kms")
    away = Away(since="14:03:07 UTC", error=unsent)
    with (patch.object(KmsKey, "create", raising(away)), patch.object(DbSubnetGroup, "create", raising(unsent)),
          pytest.raises(ConfigurationError, match="AWS has not been reached since 14:03:07 UTC: the run ended half")):
        up(session, yes)
    assert not stage.heard(Problem)
    with patch.object(DbSubnetGroup, "create", raising(unsent)):
        assert up(refreshed(stage, session), yes) is Exit.FAILED
    assert [(problem.key, problem.blocks) for problem in stage.heard(Problem)] == [
        (f"{EAST}/db_subnet_group", (f"{EAST}/database",))]


def test_an_output_that_is_full_is_one_error_and_the_next_run_goes_on(stage: Stage) -> None:
    session, room = stage.session(regions=[EAST]), iter(range(20))

    def emit(event: Event) -> None:
        if next(room, None) is None:
            raise OSError(ENOSPC, "No space left on device")
        stage.told.append(event)

    with pytest.raises(TapctlError, match="can't be written any further: the run ended half-way") as raised:
        up(replace(session, emit=emit), yes)
    assert raised.value.exit_code is Exit.FAILED
    assert not stage.heard(Problem)
    assert up(refreshed(stage, session), yes) is Exit.DONE


def test_credentials_that_end_half_way_are_one_error(stage: Stage) -> None:
    error = ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "CreateSecret")
    session = stage.session(regions=[EAST])
    with patch.object(Secret, "create", raising(error)), pytest.raises(ConfigurationError, match="half-way") as raised:
        up(session, yes)
    assert raised.value.reason == "ExpiredToken: expired"
    assert raised.value.mend == FRESH
    assert not stage.heard(Problem)
    assert f"{EAST}/database" not in {told.key for told in stage.heard(Began)}
    assert up(refreshed(stage, stage.session(regions=[EAST])), yes) is Exit.DONE


def test_nothing_is_pruned_with_credentials_that_ended(
        stage: Stage, one: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    surplus_alarm(stage, one)
    stack = stage.wires.raw("dynamodb", EAST)
    stack.delete_table(TableName=one.place.name())
    error = ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "expired"}}, "CreateTable")
    monkeypatch.setattr(Table, "create", raising(error))
    with pytest.raises(ConfigurationError, match="the run ended half-way"):
        up(refreshed(stage, one), yes, prune=True)
    assert "DeleteAlarms" not in {call.operation for call in stage.wires.meter.mutating}


def raising(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)])
def test_stopped_on_the_way(stage: Stage, number: signal.Signals, code: Exit) -> None:
    session = stage.session(regions=[EAST])

    def emit(event: object) -> None:
        stage.told.append(event)  # type: ignore[arg-type]
        if isinstance(event, Began) and event.key == f"{EAST}/kms_key":
            session.stop(number, None)

    watched = Session(session.settings, session.aws, session.regions, emit, session.stop)
    assert up(watched, yes) is code
    (ended,) = stage.heard(Ended)
    assert ended.exit_code == code
    assert not stage.heard(Outputs)
    assert f"{EAST}/database" not in {told.key for told in stage.heard(Began)}
    assert up(refreshed(stage, session), yes) is Exit.DONE


# ---------------------------------------------------------------- pruning
def test_what_is_no_longer_wanted(stage: Stage, one: Session) -> None:
    name = surplus_alarm(stage, one)
    alarm = f"{EAST}/alarm/replica-lag"
    assert up(one, no) is Exit.DONE
    (planned,) = stage.heard(Planned)
    assert len(planned.surplus) == 1
    assert planned.surplus[0].startswith(f"{alarm} (")
    assert not stage.wires.meter.mutating

    with pytest.raises(UsageError):
        up(refreshed(stage, one), no, prune=True)
    (planned,) = stage.heard(Planned)
    assert [(change.key, change.what) for change in planned.changes] == [(alarm, "delete")]
    assert planned.surplus == ()
    assert not stage.wires.meter.mutating

    pruning = refreshed(stage, one)
    stage.wires.meter.denied = ("cloudwatch:DeleteAlarms",)
    assert up(pruning, yes, prune=True) is Exit.FAILED
    (problem,) = stage.heard(Problem)
    assert problem.key == alarm
    assert "AccessDenied" in problem.message
    assert not stage.heard(Outputs)

    assert up(refreshed(stage, one), yes, prune=True) is Exit.DONE
    assert stage.heard(Ended)[0].counts == {"delete": 1}
    assert not stage.wires.raw("cloudwatch", EAST).describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [call.operation for call in stage.wires.meter.mutating] == [
        "PutParameter", "DeleteAlarms", "DeleteParameter"]


def item(kind: type[Kind], region: str = EAST) -> Item:
    return Item(kind, region, Found(f"{region}/{kind.kind}", f"id-{kind.kind}", {}))


def test_what_holds_data_keeps_what_it_uses() -> None:
    role, alarm, database, subnets = item(Role), item(Alarm), item(Database), item(DbSubnetGroup)
    assert prunable(World(surplus=[role, alarm, subnets])) == [role, alarm, subnets]
    assert prunable(World(surplus=[role, alarm, database, subnets])) == [role, alarm]
    assert prunable(World(surplus=[role, alarm, subnets], denied={("database", WEST): Denied("no")})) == [role, alarm]
    assert prunable(World()) == []


def test_deletions_are_shown_in_their_region() -> None:
    east, west, other = item(Role), item(Role, WEST), item(Alarm, WEST)
    table = item(Table)
    assert with_deletions(Planned(()), [table, east]).changes == (
        Change(table.it.key, "delete", table.it.id, loses=Table.holds_data), Change(east.it.key, "delete", east.it.id))
    planned = with_deletions(
        Planned((Change(f"{EAST}/table", "create"), Change(f"{WEST}/table", "create")),
                surplus=tuple(map(named, (east, west, other)))), [west, east])
    assert [(change.key, change.what) for change in planned.changes] == [
        (f"{EAST}/table", "create"), (f"{EAST}/role", "delete"),
        (f"{WEST}/table", "create"), (f"{WEST}/role", "delete")]
    assert planned.surplus == (named(other),)


def test_a_region_that_is_configured_no_longer(stage: Stage) -> None:
    """Reported by `plan`, shown by `status`, pruned but for its data, removed by `down`."""
    assert up(stage.session(), yes) is Exit.DONE
    shrunk = refreshed(stage, stage.session(regions=[EAST]))
    planned = view(shrunk).planned
    assert not planned.changes
    west = {line.split(" ")[0] for line in planned.surplus}
    assert {f"{WEST}/database", f"{WEST}/load_balancer", f"{WEST}/alarm/replica-lag"} <= west
    assert {key.split("/")[0] for key in west} == {WEST}
    (note,) = (note for note in planned.notes if note.startswith(f"{WEST} is not among regions"))
    assert f"{len(planned.surplus)} things of this stack stand there" in note
    assert f"`tapctl down --region {WEST}` removes all of it" in note

    with pytest.raises(ConfigurationError, match=f"stands in {EAST}, and by the configuration") as raised:
        view(stage.session(regions=[WEST]))
    assert f"put {EAST} first in regions, or remove what is there (`tapctl down --region {EAST}`)" in raised.value.mend

    seen = rows(refreshed(stage, shrunk))
    assert {key for key, (_, drift) in seen.items() if drift == "no longer wanted"} == west
    shrunk = refreshed(stage, shrunk)
    stage.wires.meter.denied = ("cloudwatch:DescribeAlarms",)
    assert rows(shrunk)[f"{WEST}/alarm"] == ("not allowed to look: cloudwatch:DescribeAlarms", "")
    planned = view(shrunk).planned
    assert {key for key, why in planned.omitted.items() if "cloudwatch" in why} >= {f"{EAST}/alarm/target-5xx"}
    assert planned.notes[-1] == (f"{WEST}/alarm: what is no longer wanted may be missed: not allowed: "
                                 "cloudwatch:DescribeAlarms")
    assert not stage.wires.meter.mutating

    assert up(refreshed(stage, shrunk), yes, prune=True) is Exit.DONE
    left = {item.it.key for item in find(refreshed(stage, shrunk)).items if item.region == WEST}
    assert {f"{WEST}/database", f"{WEST}/table", f"{WEST}/kms_key", f"{WEST}/security_group/rds"} <= left
    assert not {key for key in left if key.split("/")[1] in ("load_balancer", "auto_scaling_group", "role", "alarm")}


def test_what_names_may_not_be_asked_is_a_note(stage: Stage) -> None:
    stage.wires.meter.denied = ("s3:ListBuckets", "ListBuckets")
    assert view(stage.session(regions=[EAST])).planned.notes[-1] == (
        "regions that the configuration doesn't name may be missed: not allowed: s3:ListBuckets")


# ---------------------------------------------------------------- status
def rows(session: Session) -> dict[str, tuple[str, str]]:
    return {row["key"]: (row["state"], row["drift"]) for row in status(session)}


def test_status(stage: Stage, one: Session) -> None:
    found = rows(one)
    assert {drift for _, drift in found.values()} == {""}
    words = {"database": "available", "load_balancer": "active", "endpoint/logs": "available", "table": "ACTIVE",
             "kms_key": "Enabled", "alarm/target-5xx": "INSUFFICIENT_DATA", "role": "ready"}
    assert {kind: found[f"{EAST}/{kind}"][0] for kind in words} == words
    surplus_alarm(stage, one)
    stage.wires.raw("dynamodb", EAST).delete_table(TableName=one.place.name())
    bucket = one.place.bucket_name("logs")
    stage.wires.raw("s3", EAST).put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    stage.wires.raw("s3", EAST).delete_bucket_policy(Bucket=bucket)
    stage.wires.meter.denied = ("logs:DescribeLogGroups", "iam:GetRolePolicy", "iam:ListRolePolicies")
    found = rows(one)
    assert found[f"{EAST}/table"] == ("missing", "")
    assert found[f"{EAST}/alarm/replica-lag"][1] == "no longer wanted"
    assert found[f"{EAST}/bucket/logs"][0] == "ready"
    assert {"versioning", "policy"} <= set(found[f"{EAST}/bucket/logs"][1].split(", "))
    assert found[f"{EAST}/log_group"] == ("not allowed to look: logs:DescribeLogGroups", "")
    assert found[f"{EAST}/role"] == ("ready", "policies (not allowed to read)")
    assert found[f"{EAST}/database"] == ("available", "")
    assert not stage.wires.meter.mutating


def test_status_names_what_can_not_be_changed_in_place(stage: Stage, one: Session) -> None:
    other = stage.session(regions=[EAST], **{"table.partition_key.name": "other"})
    state, drift = rows(other)[f"{EAST}/table"]
    assert state == "ACTIVE"
    assert "It can't be changed in place" in drift


def test_status_where_nothing_can_be_planned(stage: Stage, one: Session) -> None:
    lost = stage.session(regions=[EAST], **{"network.vpc_id.us-east-1": "vpc-0123456789abcdef0"})
    stage.wires.meter.denied = ("logs:DescribeLogGroups",)
    found = rows(lost)
    (note,) = stage.heard(Note)
    assert note.text == "without drift, because nothing can be planned: us-east-1 has no VPC vpc-0123456789abcdef0"
    assert found[f"{EAST}/database"] == ("available", "")
    assert found[f"{EAST}/log_group"] == ("not allowed to look: logs:DescribeLogGroups", "")


def test_status_names_copied_tags_on_something_else(stage: Stage, one: Session) -> None:
    ec2 = one.aws.client("ec2")
    copy = ec2.create_security_group(GroupName="copy", Description="copy", TagSpecifications=[
        {"ResourceType": "security-group", "Tags": tags(one, f"{EAST}/security_group/app")}])["GroupId"]
    rows(one)
    (note,) = stage.heard(Note)
    assert note.text.startswith(f"left alone: arn:aws:ec2:{EAST}:{one.place.account}:security-group/{copy} carries")
    ec2.delete_security_group(GroupId=copy)


def test_status_where_the_index_may_not_be_read(stage: Stage, one: Session) -> None:
    stage.wires.meter.denied = ("resourcegroupstaggingapi:GetResources", "tag:GetResources")
    assert rows(one)[f"{EAST}/database"] == ("available", "")
    (note,) = stage.heard(Note)
    assert note.text.endswith(f"{WEST}: not looked at: not allowed: resourcegroupstaggingapi:GetResources")
    assert EAST not in note.text


def test_status_where_the_facts_may_not_be_read(stage: Stage, one: Session) -> None:
    stage.wires.meter.denied = ("ec2:DescribeVpcs",)
    assert rows(one)[f"{EAST}/database"] == ("available", "")
    (note,) = stage.heard(Note)
    assert note.text.startswith("without drift, because nothing can be planned: AWS refused DescribeVpcs")


def test_status_where_aws_fails(stage: Stage, one: Session) -> None:
    with (patch("tapctl.view.survey", side_effect=ClientError({"Error": {"Code": "Broken"}}, "DescribeVpcs")),
          pytest.raises(ClientError, match="Broken")):
        rows(one)


def test_a_primary_that_stands_elsewhere(stage: Stage, one: Session) -> None:
    """Nothing is planned; status, outputs and down work all the same."""
    moved = stage.session(regions=[WEST, EAST])
    with pytest.raises(ConfigurationError, match=f"stands in {EAST}, and by the configuration it is in {WEST}"):
        up(moved, yes)
    assert rows(moved)[f"{EAST}/database"] == ("available", "")
    (note,) = stage.heard(Note)
    assert note.text.startswith("without drift, because nothing can be planned: the primary database stands in")
    assert collect(moved)["regions"][EAST] == collect(one)["regions"][EAST]
    assert [item.it.id for item in find(moved).items] == [item.it.id for item in find(one).items]
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize(("raised", "text"), [
    (None, "ready"), ("creating", "creating"), (Going(), "being deleted"), (Failed("it failed"), "it failed")])
def test_states(raised: Any, text: str) -> None:
    class Thing(Kind):
        kind = "thing"

        @classmethod
        def owned(cls, aws: Any) -> list[Found]:
            return []

        @classmethod
        def state(cls, it: Found) -> str | None:
            if isinstance(raised, Exception):
                raise raised
            return str(raised) if raised else None

        @classmethod
        def delete(cls, aws: Any, it: Found) -> Gone:
            return Gone.NOW

    assert state(Thing, Found("us-east-1/thing", "id", {})) == text
    assert state(Thing, None) == "missing"


def test_stacks(stage: Stage, one: Session) -> None:
    stage.wires.raw("dynamodb", WEST).create_table(
        TableName="x", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=[{"Key": "tapctl:stack", "Value": "Another/dev"}])
    stack_table(stage, "eu-west-1")
    found = stacks(stage.session())
    assert list(found) == ["Another/dev", "TapStack/staging"]
    assert found["Another/dev"] == {WEST: 1}
    assert found["TapStack/staging"][EAST] > 1
    assert found["TapStack/staging"]["eu-west-1"] == 1
    assert list(stacks(stage.session(chosen=[WEST]))) == ["Another/dev"]
    assert not stage.heard(Note)


def test_stacks_where_not_all_regions_can_be_asked(stage: Stage) -> None:
    stack_table(stage, EAST)
    stack_table(stage, "eu-west-1")
    stage.wires.meter.denied = ("eu-west-1",)
    assert stacks(stage.session()) == {"TapStack/staging": {EAST: 1}}
    stage.wires.meter.denied = ("DescribeRegions",)
    assert stacks(stage.session()) == {"TapStack/staging": {EAST: 1}}
    assert [note.text for note in stage.heard(Note)] == [
        "eu-west-1: not looked at: not allowed: resourcegroupstaggingapi:GetResources",
        f"only in {EAST}, {WEST}: not allowed: ec2:DescribeRegions"]
    stage.wires.meter.denied = ("GetResources",)
    with pytest.raises(ClientError, match="AccessDenied"):
        stacks(stage.session())


def test_a_view_is_a_plan_in_words(stage: Stage) -> None:
    planned = view(stage.session(regions=[EAST])).planned
    assert planned.changes
    assert (planned.held, planned.refused, planned.surplus, planned.unread) == ((), {}, (), {})


def test_what_a_plan_makes() -> None:
    """Not what still stands on its way out, and not what is changed."""
    resources = {resource.key: resource for resource in wanted()}
    key, role, table = f"{EAST}/kms_key", f"{EAST}/role", f"{EAST}/table"
    changes = {(changed, what): Change(changed, what) for changed, what in (
        (role, "policies"), (table, "create"), (key, "create"), (key, "rotation"))}
    seen = View({}, resources, World(found={table: Found(table, "table-1", {})}), Plan(changes), ())
    assert [resource.key for resource in seen.making] == [key]
