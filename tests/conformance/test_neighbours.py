"""Others in the same account: what isn't this stack's is never changed, whatever it is called or tagged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conformance.checks import assert_at_rest, assert_stands
from tests.conformance.lab import Lab, settings
from tests.conformance.labs import EAST, WEST, Labs


def beside(lab: Lab, environment: str) -> Lab:
    """Another environment in the same account, on the same wires."""
    neighbour = Lab(lab.world, lab.wires, settings(*lab.regions, environment=environment))
    lab.alone = neighbour.alone = False
    return neighbour


@pytest.mark.parametrize("other", ["prod", "production-2", "production-us"])
def test_a_neighbour_whose_name_starts_alike(new_lab: Labs, other: str) -> None:
    lab = new_lab(EAST)
    assert_stands(lab.up())
    neighbour = beside(lab, other)  # what stood before it is the other stack
    assert_stands(neighbour.up())
    assert neighbour.look()[1].surplus == []
    assert lab.look()[1].surplus == []
    removal = neighbour.down()
    assert removal.complete
    assert neighbour.account() == neighbour.before
    assert lab.look()[2].changes == {}


def test_the_first_goes_and_the_neighbour_stays(new_lab: Labs) -> None:
    """Endpoints that both use are handed over; the last one deletes them."""
    lab = new_lab(EAST)
    lab.up()
    neighbour = beside(lab, "prod")
    assert_stands(neighbour.up())
    assert lab.down().complete
    assert_at_rest(neighbour)
    assert {item.kind for item in neighbour.wanted().values()} >= {"endpoint"}
    assert neighbour.down().complete
    assert neighbour.account() == lab.before


def test_both_go_at_the_same_time(new_lab: Labs) -> None:
    lab = new_lab(EAST, WEST)
    lab.up()
    neighbour = beside(lab, "prod")
    assert_stands(neighbour.up())
    with ThreadPoolExecutor(2) as pool:
        removals = list(pool.map(lambda one: one.down(), (lab, neighbour)))
    assert all(removal.complete for removal in removals), [removal.left for removal in removals]
    assert lab.account() == lab.before
    assert lab.world.regrets == []


def strangers(lab: Lab) -> None:
    """Things of others that carry this stack's tags, copied, or its names, without the tags."""
    place = lab.place
    for kind in ("kms_key", "bucket/logs", "security_group/app", "secret/database", "database"):
        tags: Any = [{"Key": name, "Value": value} for name, value in place.tags(f"{EAST}/{kind}").items()]
        match kind.split("/")[0]:
            case "kms_key":
                lab.raw("kms", EAST).create_key(
                    Description="theirs", Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags])
            case "bucket":
                lab.raw("s3", EAST).create_bucket(Bucket="theirs-123456789012")
                lab.raw("s3", EAST).put_bucket_tagging(Bucket="theirs-123456789012", Tagging={"TagSet": tags})
            case "security_group":
                lab.raw("ec2", EAST).create_security_group(
                    GroupName="theirs", Description="theirs",
                    TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}])
            case "secret":
                lab.raw("secretsmanager", EAST).create_secret(Name="theirs", SecretString="x", Tags=tags)
            case "database":
                lab.raw("rds", EAST).create_db_instance(
                    DBInstanceIdentifier="theirs", DBInstanceClass="db.t3.micro", Engine="postgres",
                    AllocatedStorage=20, MasterUsername="theirs", MasterUserPassword="theirs-theirs", Tags=tags)


def test_copied_tags_make_nothing_ours(new_lab: Labs) -> None:
    lab = new_lab(EAST)
    strangers(lab)
    lab.before = lab.account()
    assert_stands(lab.up())
    assert lab.look()[1].surplus == []
    assert lab.look()[2].changes == {}
    assert lab.down().complete
    assert lab.account() == lab.before


def test_taken_names_are_refused_and_left(new_lab: Labs) -> None:
    """Our names, without our tags: each is refused, everything else stands, and nothing of theirs is touched."""
    lab = new_lab(EAST)
    place, raw = lab.place, lab.raw
    raw("s3", EAST).create_bucket(Bucket=place.bucket_name("logs"), BucketNamespace="account-regional")
    raw("secretsmanager", EAST).create_secret(Name=place.secret_name, SecretString="x")
    raw("logs", EAST).create_log_group(logGroupName=place.name())
    raw("iam", EAST).create_role(RoleName=place.name(), AssumeRolePolicyDocument="{}")
    raw("iam", EAST).create_instance_profile(InstanceProfileName=place.name())
    raw("dynamodb", EAST).create_table(
        TableName=place.name(), BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}])
    lab.before = lab.account()
    first = lab.up()
    assert {key for key, _ in first.walk.failed} == {
        f"{EAST}/{kind}"
        for kind in ("bucket/logs", "secret/database", "log_group", "role", "instance_profile", "table")}
    assert all("left as it is" in said or "not this stack's" in said for said in first.failures.values())
    assert lab.down().complete
    assert lab.account() == lab.before
