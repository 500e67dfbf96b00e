from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import rds
from tests.emulator.conftest import Aws
from tests.emulator.databases import key, look, primary, replica, status, subnet_group
from tests.emulator.proof import proves, refused

MINUTE = 60.0


@proves(rds.creation, rds.states)
@pytest.mark.slow_clock
def test_creation_takes_time(aws: Aws) -> None:
    made = primary(aws)
    assert made["DBInstanceStatus"] == status(aws) == "creating"
    assert "Endpoint" not in made
    assert "Endpoint" not in look(aws)
    aws.wait(5.6 * MINUTE)
    assert status(aws) == "backing-up"
    aws.wait(MINUTE)
    assert look(aws)["Endpoint"]["Port"] == 5432
    assert status(aws) == "available"


@proves(rds.creation, rds.states)
@pytest.mark.slow_clock
def test_multi_az_is_available_for_a_moment_before_its_backup(aws: Aws) -> None:
    primary(aws, MultiAZ=True, DBSubnetGroupName=subnet_group(aws))
    aws.wait(12 * MINUTE + 1)
    assert status(aws) == "available"
    aws.wait(5)
    assert status(aws) == "backing-up"
    aws.wait(MINUTE)
    found = look(aws)
    assert found["DBInstanceStatus"] == "available"
    assert found["AvailabilityZone"] != found["SecondaryAvailabilityZone"]


@proves(rds.creation)
def test_on_the_instant_clock_the_next_look_sees_it_ready(aws: Aws) -> None:
    assert primary(aws)["DBInstanceStatus"] == "creating"
    assert status(aws) == "available"


@proves(rds.creation)
def test_the_answer_to_a_creation_has_the_id_by_which_it_is_found(aws: Aws) -> None:
    one, other = primary(aws), primary(aws, DBInstanceIdentifier="other")
    assert one["DbiResourceId"] != other["DbiResourceId"]
    wanted = [{"Name": "dbi-resource-id", "Values": [other["DbiResourceId"]]}]
    assert [found["DBInstanceIdentifier"] for found in aws("rds").describe_db_instances(Filters=wanted)["DBInstances"]
            ] == ["other"]


@proves(rds.creation)
def test_defaults_are_those_of_aws(aws: Aws) -> None:
    primary(aws)
    primary(aws, DBInstanceIdentifier="other", EngineVersion="16.9", EngineLifecycleSupport="disabled")
    aws("rds").create_db_instance(DBInstanceIdentifier="my", Engine="mysql", DBInstanceClass="db.t4g.micro",
                                  AllocatedStorage=100, Iops=1000, MasterUsername="admin",
                                  MasterUserPassword="not-a-secret", BackupRetentionPeriod=0)
    found, other, mysql = look(aws), look(aws, "other"), look(aws, "my")
    assert found["EngineVersion"].startswith("17.")
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres17"
    assert (found["PubliclyAccessible"], found["LicenseModel"]) == (True, "postgresql-license")
    assert (found["Iops"], found["StorageThroughput"]) == (3000, 125)
    assert (other["EngineVersion"], other["EngineLifecycleSupport"]) == ("16.9", "disabled")
    assert found["DbiResourceId"] != other["DbiResourceId"]
    assert mysql["EngineVersion"].startswith("8.4")
    assert "LatestRestorableTime" not in mysql
    assert "LatestRestorableTime" in found


@proves(rds.creation)
@pytest.mark.parametrize(("settings", "words"), [
    ({"EngineVersion": "99"}, "Cannot find version 99"),
    ({"EngineVersion": "18"}, "DBInstanceClass=db.t3.micro"),
    ({"Iops": 3000}, "can't specify IOPS"),
    ({"AllocatedStorage": 5}, "Invalid storage size"),
])
def test_a_combination_that_aws_has_not(aws: Aws, settings: dict[str, Any], words: str) -> None:
    with refused("InvalidParameterCombination", words):
        primary(aws, **settings)


@proves(rds.creation)
@pytest.mark.parametrize("settings", [{"MasterUserPassword": "half/half"}, {"MasterUsername": "admin"}])
def test_names_and_passwords_that_aws_refuses(aws: Aws, settings: dict[str, Any]) -> None:
    with refused("InvalidParameterValue"):
        primary(aws, **settings)


def test_an_unlisted_engine_is_left_to_moto(aws: Aws) -> None:
    primary(aws, Engine="oracle-ee", EngineVersion="19.0.0", DBInstanceClass="db.m5.large")
    assert look(aws)["EngineVersion"] == "19.0.0"


def test_names_are_lower_case(aws: Aws) -> None:
    primary(aws)
    with refused("DBInstanceAlreadyExists"):
        primary(aws, DBInstanceIdentifier="MAIN")
    assert look(aws, "MAIN")["DBInstanceIdentifier"] == "main"
    aws("rds").modify_db_instance(DBInstanceIdentifier="MAIN", BackupRetentionPeriod=3)
    assert look(aws)["BackupRetentionPeriod"] == 3


@proves(rds.modification)
@pytest.mark.slow_clock
def test_a_modification_shows_after_some_seconds_and_excludes_another(aws: Aws) -> None:
    primary(aws)
    with refused("InvalidDBInstanceState"):
        aws("rds").modify_db_instance(DBInstanceIdentifier="main", CopyTagsToSnapshot=True)
    aws.wait(7 * MINUTE)
    aws("rds").modify_db_instance(DBInstanceIdentifier="main", CopyTagsToSnapshot=True, ApplyImmediately=True)
    assert status(aws) == "available"
    aws.wait(6)
    assert status(aws) == "modifying"
    aws.wait(MINUTE)
    assert status(aws) == "available"
    assert look(aws)["CopyTagsToSnapshot"] is True


@proves(rds.modification)
def test_a_modification_waits_for_its_window_unless_told(aws: Aws) -> None:
    primary(aws)
    answer = aws("rds").modify_db_instance(DBInstanceIdentifier="main", DBInstanceClass="db.t3.small")
    assert answer["DBInstance"]["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small"}
    assert look(aws)["DBInstanceClass"] == "db.t3.micro"
    aws("rds").modify_db_instance(DBInstanceIdentifier="main", DBInstanceClass="db.t3.small", ApplyImmediately=True)
    assert look(aws)["DBInstanceClass"] == "db.t3.small"
    assert look(aws)["PendingModifiedValues"] == {}


@proves(rds.modification)
def test_a_replica_has_no_password_of_its_own(aws: Aws) -> None:
    primary(aws)
    replica(aws)
    with refused("InvalidParameterCombination", "master user password"):
        aws("rds", "us-west-2").modify_db_instance(DBInstanceIdentifier="copy", MasterUserPassword="another-one")


def test_an_unknown_instance_is_not_modified(aws: Aws) -> None:
    with refused("DBInstanceNotFound"):
        aws("rds").modify_db_instance(DBInstanceIdentifier="nobody", CopyTagsToSnapshot=True)


@proves(rds.subnet_group_once)
def test_a_subnet_groups_name_is_taken_once(aws: Aws) -> None:
    name = subnet_group(aws)
    with refused("DBSubnetGroupAlreadyExists"):
        subnet_group(aws)
    assert [one["DBSubnetGroupName"] for one in aws("rds").describe_db_subnet_groups()["DBSubnetGroups"]] == [
        name.lower()]


@proves(rds.subnet_group_covers_zones)
def test_a_subnet_group_covers_two_zones(aws: Aws) -> None:
    subnet = aws("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
        aws("rds").create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="x", SubnetIds=[subnet])
    subnet_group(aws)


@proves(rds.modified_subnet_group_stays)
def test_a_modified_subnet_group_stays(aws: Aws) -> None:
    name = subnet_group(aws)
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"]][:2]
    aws("rds").modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=subnets)
    found = aws("rds").describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    assert sorted(one["SubnetIdentifier"] for one in found["Subnets"]) == sorted(subnets)


@proves(rds.key_is_usable)
def test_the_key_is_enabled_and_of_the_region(aws: Aws) -> None:
    disabled = key(aws)
    aws("kms").disable_key(KeyId=disabled.rpartition("/")[2])
    for wrong in disabled, key(aws, "us-west-2"), "alias/nobody":
        with refused("KMSKeyNotAccessibleFault"):
            primary(aws, KmsKeyId=wrong)
    aws("kms").create_alias(AliasName="alias/main", TargetKeyId=key(aws))
    primary(aws, KmsKeyId="alias/main")
