from __future__ import annotations

import pytest

from tapctl.emulator.corrections import rds_catalog
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves


@proves(rds_catalog.engine_versions)
def test_a_major_has_a_default_minor(aws: Aws) -> None:
    found = aws("rds").describe_db_engine_versions(Engine="postgres", EngineVersion="16", DefaultOnly=True)
    assert [(one["MajorEngineVersion"], one["DBParameterGroupFamily"]) for one in found["DBEngineVersions"]] == [
        ("16", "postgres16")]
    every = aws("rds").describe_db_engine_versions(Engine="postgres", EngineVersion="16")["DBEngineVersions"]
    assert found["DBEngineVersions"][0] in every
    assert len(every) > 1


@proves(rds_catalog.engine_versions)
def test_engines_have_a_default(aws: Aws) -> None:
    found = aws("rds").describe_db_engine_versions(DefaultOnly=True)["DBEngineVersions"]
    assert [one["DBParameterGroupFamily"] for one in found] == ["postgres17", "mysql8.4"]
    assert aws("rds").describe_db_engine_versions(Engine="unheard-of")["DBEngineVersions"] == []


@proves(rds_catalog.orderable_options)
@pytest.mark.parametrize(("region", "missing"), [(EAST, {"us-east-1e"}), (WEST, set())])
def test_what_can_be_ordered_and_where(aws: Aws, region: str, missing: set[str]) -> None:
    options = aws("rds", region).describe_orderable_db_instance_options(
        Engine="postgres", EngineVersion="17.7", DBInstanceClass="db.t3.micro", Vpc=True)["OrderableDBInstanceOptions"]
    assert {one["StorageType"] for one in options} == {"gp2", "gp3", "io1"}
    zones = {zone["ZoneName"] for zone in aws("ec2", region).describe_availability_zones()["AvailabilityZones"]}
    assert {zone["Name"] for zone in options[0]["AvailabilityZones"]} == zones - missing
    assert options[0]["MultiAZCapable"]


@proves(rds_catalog.orderable_options)
def test_options_come_in_pages(aws: Aws) -> None:
    pages = list(aws("rds").get_paginator("describe_orderable_db_instance_options").paginate(Engine="postgres"))
    options = [one for page in pages for one in page["OrderableDBInstanceOptions"]]
    assert len(pages) > 1
    assert len({(one["EngineVersion"], one["DBInstanceClass"], one["StorageType"]) for one in options}) == len(options)
    assert not [one for one in options if one["EngineVersion"] == "18.1" and one["DBInstanceClass"][:5] == "db.t3"]


@proves(rds_catalog.default_parameter_groups)
@pytest.mark.parametrize(("major", "forced"), [("14", "0"), ("17", "1")])
def test_the_default_group_makes_clients_use_tls(aws: Aws, major: str, forced: str) -> None:
    name = f"default.postgres{major}"
    groups = aws("rds").describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"]
    assert groups[0]["DBParameterGroupFamily"] == f"postgres{major}"
    parameters = aws("rds").describe_db_parameters(DBParameterGroupName=name)["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in parameters}["rds.force_ssl"] == forced
