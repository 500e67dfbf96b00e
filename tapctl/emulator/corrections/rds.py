"""RDS instances: what they are born with, and the states they pass through."""

from __future__ import annotations

import secrets
import string
from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.keys import usable
from tapctl.emulator.rds_catalog import full_version, offered

_API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"
_GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
_NOTICED = 5.0  # a modification shows in the state only after some seconds
_DEFERRED = ("DBInstanceClass", "AllocatedStorage", "StorageType", "MultiAZ", "EngineVersion")
STATES = "db instance states"


def name_of(call: Call) -> str:
    """Names are stored, and found, in lower case."""
    return str(call.params["DBInstanceIdentifier"]).lower()


def instance(region: str, identifier: str) -> Any:
    """moto's instance, or None."""
    return rds_backends[ACCOUNT][region].databases.get(identifier)


def status(region: str, identifier: str) -> str:
    return lifecycle.state(STATES, (region, identifier)) or "available"


def shown(region: str, answer: Answer) -> Answer:
    """An instance as DescribeDBInstances gives it, with what moto leaves out or gets wrong."""
    name = answer["DBInstanceIdentifier"]
    found = instance(region, name)
    subnets = answer.get("DBSubnetGroup", {}).get("Subnets", [])
    zones = sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets})
    answer = {**answer, **memory("db instance answers").get((region, name), {}),
              "DbiResourceId": found.dbi_resource_id,  # not that of the answer to a creation: see born()
              "DBInstanceStatus": status(region, name),
              "PendingModifiedValues": memory("db instance pending").get((region, name), {})}
    if zones:
        answer["AvailabilityZone"] = zones[0]
        answer.update({"SecondaryAvailabilityZone": zones[1]} if answer.get("MultiAZ") else {})
    if answer.get("StorageType") == "gp3":
        answer.update(Iops=answer.get("Iops", 3000), StorageThroughput=answer.get("StorageThroughput", 125))
    if not answer.get("BackupRetentionPeriod"):
        answer.pop("LatestRestorableTime", None)
    if found.is_replica:
        broken = memory("db replication ended").get((region, name))
        answer["StatusInfos"] = [{"StatusType": "read replication", "Normal": not broken,
                                  "Status": "terminated" if broken else "replicating"}]
    if answer["DBInstanceStatus"] == "creating":  # it has no address yet
        for later in "Endpoint", "InstanceCreateTime", "LatestRestorableTime", "StatusInfos":
            answer.pop(later, None)
    return answer


def born(region: str, identifier: str, answers: Answer, *states: tuple[str, float]) -> None:
    """A new instance: moto gives all the same resource id, and knows no states."""
    letters = string.ascii_uppercase + string.digits
    instance(region, identifier).dbi_resource_id = "db-" + "".join(secrets.choice(letters) for _ in range(26))
    memory("db instance answers")[region, identifier] = answers
    lifecycle.begin(STATES, (region, identifier), *states)


@corrects("rds", "CreateDBInstance", page=_API + "API_CreateDBInstance.html")
def creation(call: Call, ask: Ask) -> Answer:
    """AWS's defaults, its refusals, and `creating` until the clock says otherwise."""
    params, name = call.params, name_of(call)
    _check_creation(call)
    version = full_version(params["Engine"], params.get("EngineVersion"))
    if version is None:
        raise Refusal("InvalidParameterCombination",
                      f"Cannot find version {params['EngineVersion']} for {params['Engine']}")
    if not offered(params["Engine"], version, params["DBInstanceClass"]):
        raise Refusal("InvalidParameterCombination", "RDS does not support creating a DB instance with the following "
                      f"combination: DBInstanceClass={params['DBInstanceClass']}, Engine={params['Engine']}, "
                      f"EngineVersion={version}")
    support = params.get("EngineLifecycleSupport", "open-source-rds-extended-support")
    params.update(EngineVersion=version, PubliclyAccessible=params.get(
        "PubliclyAccessible", "DBSubnetGroupName" not in params))
    params.setdefault("StorageType", "io1" if "Iops" in params else "gp3")
    params.setdefault("LicenseModel", "postgresql-license" if params["Engine"] == "postgres"
                      else "general-public-license")
    params.setdefault("CACertificateIdentifier", "rds-ca-rsa2048-g1")
    answer = ask()["DBInstance"]
    total = durations.DB_MULTI_ZONE if params.get("MultiAZ") else durations.DB_SINGLE_ZONE
    backup = total - durations.DB_BACKING_UP
    # A Multi-AZ instance is seen available for a moment before its first backup begins.
    flap = (("available", backup + _NOTICED),) if params.get("MultiAZ") else ()
    born(call.region, name, {"EngineLifecycleSupport": support}, ("creating", backup), *flap, ("backing-up", total))
    return _created(call.region, answer)


def _created(region: str, answer: Answer) -> Answer:
    """A create call's answer is never later than the creation's begin, not even on the instant clock."""
    told = shown(region, answer) | {"DBInstanceStatus": "creating"}
    return {"DBInstance": {key: value for key, value in told.items() if key not in ("Endpoint", "InstanceCreateTime")}}


@corrects("rds", "CreateDBInstance", "CreateDBInstanceReadReplica",
          page=_GUIDE + "Overview.Encryption.Keys.html")
def key_is_usable(call: Call, ask: Ask) -> Answer:
    """The key is one of the instance's own region, there and enabled."""
    key = call.params.get("KmsKeyId")
    if key and not usable(call.region, key):
        raise Refusal("KMSKeyNotAccessibleFault", f"The specified KMS key [{key}] does not exist, is not enabled or "
                      "you do not have permissions to access it.")
    return ask()


def _check_creation(call: Call) -> None:
    params = call.params
    gp3 = params.get("StorageType") == "gp3"
    if gp3 and params["AllocatedStorage"] < 400 and ("Iops" in params or "StorageThroughput" in params):
        raise Refusal("InvalidParameterCombination", "You can't specify IOPS or storage throughput for engine "
                      f"{params['Engine']} and a storage size less than 400.")
    if gp3 and params["AllocatedStorage"] < 20:
        raise Refusal("InvalidParameterCombination", f"Invalid storage size for engine name {params['Engine']} and "
                      f"storage type gp3: {params['AllocatedStorage']}")
    password = params.get("MasterUserPassword", "")
    if any(character in password or not character.isprintable() for character in '/"@ '):
        raise Refusal("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password. Only "
                      "printable ASCII characters besides '/', '@', '\"', ' ' may be used.")
    if params["Engine"] == "postgres" and params.get("MasterUsername") == "admin":
        raise Refusal("InvalidParameterValue", "MasterUsername admin cannot be used as it is a reserved word used by "
                      "the engine")


@corrects("rds", "DescribeDBInstances", page=_GUIDE + "accessing-monitoring.html")
def states(call: Call, ask: Ask) -> Answer:
    """Instances are in the state that the clock says; a replica says how its replication goes."""
    answer = ask()
    return {**answer, "DBInstances": [shown(call.region, one) for one in answer["DBInstances"]]}


@corrects("rds", "ModifyDBInstance", page=_API + "API_ModifyDBInstance.html")
def modification(call: Call, ask: Ask) -> Answer:
    """Only of an available instance; at once only if so asked, and seen as `modifying` some seconds later."""
    params, key = call.params, (call.region, name_of(call))
    found = instance(*key)
    if found is None:
        return ask()
    if status(*key) != "available":
        raise Refusal("InvalidDBInstanceState", f"Database instance {key[1]} is not in available state.")
    if found.is_replica and found.engine == "postgres" and "MasterUserPassword" in params:
        raise Refusal("InvalidParameterCombination", "Cannot change master user password on an RDS postgres Read "
                      "Replica")
    pending = memory("db instance pending").setdefault(key, {})
    if params.get("ApplyImmediately"):
        pending.clear()
    else:
        pending.update({name: params.pop(name) for name in _DEFERRED if name in params})
    answer = shown(call.region, ask()["DBInstance"])
    lifecycle.begin(STATES, key, ("available", _NOTICED), ("modifying", durations.DB_MODIFY))
    return {"DBInstance": answer}


@corrects("rds", "CreateDBSubnetGroup", page=_API + "API_CreateDBSubnetGroup.html")
def subnet_group_covers_zones(call: Call, ask: Ask) -> Answer:
    """Subnets in at least two zones, or Multi-AZ has nowhere to go."""
    subnets = [ec2_backends[ACCOUNT][call.region].get_subnet(subnet) for subnet in call.params["SubnetIds"]]
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise Refusal("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) "
                      "coverage requirement. Current AZ coverage: one. Add subnets to cover at least 2 AZs.")
    return ask()


@corrects("rds", "CreateDBSubnetGroup", page=_API + "API_CreateDBSubnetGroup.html")
def subnet_group_once(call: Call, ask: Ask) -> Answer:
    """A name that is taken is refused; in moto the second takes the first's place."""
    name = call.params["DBSubnetGroupName"].lower()
    if name in rds_backends[ACCOUNT][call.region].subnet_groups:
        raise Refusal("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    return ask()


@corrects("rds", "ModifyDBSubnetGroup", page=_API + "API_ModifyDBSubnetGroup.html")
def modified_subnet_group_stays(call: Call, ask: Ask) -> Answer:
    """As it was, but for what was modified; moto drops the whole group."""
    groups, name = rds_backends[ACCOUNT][call.region].subnet_groups, call.params["DBSubnetGroupName"].lower()
    group = groups.get(name)
    answer = ask()
    groups[name] = group
    return answer
