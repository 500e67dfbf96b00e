"""The harness of `make crash-test`: a fixed sample of its points, and that it would tell."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from crashes.__main__ import SUITE
from crashes.deaths import Death, deaths
from tapctl.resources import kms_key
from tests.conformance.labs import EAST, INSTANT, REAL, Labs
from tests.conformance.meter import Call
from trials.command import report
from trials.journal import Journal
from trials.points import At, Point, changing, points, resource
from trials.trial import Entry, Result, outcome

KEY = Point("up", EAST, "kms CreateKey", "", 1)


def call(operation: str, **params: Any) -> Call:
    return Call("s3", operation, EAST, params)


def test_points_are_the_same_in_every_account() -> None:
    made = [call("CreateBucket", Bucket="one"), call("GetBucketPolicy", Bucket="one"),
            call("PutBucketPolicy", Bucket="one"), call("PutBucketPolicy", Bucket="one")]
    found = list(points("up", changing(made)))
    assert [(point.operation, point.nth) for point in found] == [
        ("s3 CreateBucket", 1), ("s3 PutBucketPolicy", 1), ("s3 PutBucketPolicy", 2)]
    assert str(Death(found[-1], "after", "up")) == (
        f"up killed after {EAST} s3 PutBucketPolicy one (2), then up")
    chooses = At(found[-1])
    assert [chooses(one) for one in (*made, made[-1])] == [False, False, False, True, False]
    in_a_row = At(found[1], times=2)
    assert [in_a_row(one) for one in (*made, made[-1])] == [False, False, True, True, False]


@pytest.mark.parametrize(("params", "named"), [
    ({"GroupId": "sg-0123456789abcdef0", "IpPermissions": []}, "sg-*"),
    ({"LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/one/50dc6c495c0c9188"},
     "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/one/*"),
    ({"KeyId": "arn:aws:kms:us-east-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab"}, "arn:aws:kms:us-east-1:1:key/*"),
    ({"VpcEndpointIds": ["vpce-0123456789abcdef0"]}, "vpce-*"),
    ({"SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:TapStack-x-AbCdEf"},
     "arn:aws:secretsmanager:us-east-1:1:secret:*"),
    ({}, "")], ids=str)
def test_what_a_call_is_about(params: dict[str, Any], named: str) -> None:
    assert resource(call("Any", **params)) == named


def test_a_sample_is_survived(new_lab: Labs) -> None:
    """Few of them, and what is between two regions: all take half an hour."""
    every = list(deaths(new_lab, INSTANT))
    assert {death.point.command for death in every} == {"up", "down"}
    assert {death.moment for death in every} == {"before", "after"}
    between = [death for death in every if death.point.operation in (
        "rds CreateDBInstanceReadReplica", "ec2 CreateVpcPeeringConnection") and death.row == ("up", "after", "up")]
    assert len(between) == 2
    sure = [death for death in every if death.point.nth == 1]  # how often a run tries what is refused at first differs
    for death in sure[::251] + between:
        scale = REAL if death.then == "up" else INSTANT
        assert outcome(new_lab, death, scale) == (Result.SURVIVED, ""), death


def test_what_is_not_survived_is_told(new_lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that has no alias yet is not looked for."""
    monkeypatch.setattr(kms_key, "_strays", lambda aws: iter(()))
    result, why = outcome(new_lab, Death(KEY, "after", "down"), INSTANT)
    assert result is Result.FAILED
    assert why.startswith("AssertionError")


def test_a_point_that_no_run_comes_to_is_told(new_lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trials.trial.TRIES", 2)
    nowhere = Point("up", EAST, "kms CreateKey", "", 9)
    assert outcome(new_lab, Death(nowhere, "before", "down"), INSTANT) == (Result.MISSED, "")


def test_a_stopped_run_is_gone_on_with(tmp_path: Path) -> None:
    file, death = tmp_path / "journal", Death(KEY, "after", "down")
    survived = Entry("another", ("up", "after", "up"), Result.SURVIVED, "", 2.5)
    failed = Entry(str(death), death.row, Result.FAILED, "AssertionError: a key", 3.0)
    journal = Journal(file, "instant")
    for entry in (survived, failed):
        journal.add(entry)
    Journal(file, "real").add(survived)
    with file.open("a") as cut_off:
        cut_off.write('{"of": {"sour')
    assert journal.entries() == {"another": survived, str(death): failed}
    console = Console(width=120, record=True, file=StringIO())
    report(SUITE, journal.entries().values(), console)
    told = console.export_text()
    assert "up killed after us-east-1 kms CreateKey, then down: failed: AssertionError: a key" in told
    journal.clear()
    assert journal.entries() == {}
