"""What RDS offers, asked before anything is created: moto answers none of it."""

from __future__ import annotations

from moto.ec2.models import ec2_backends
from moto.rds.models import DBParameterGroup, rds_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects
from tapctl.emulator.rds_catalog import DEFAULT_MAJOR, MINORS, classes, full_version, major_of

_API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"
_STORAGE = ("gp2", "gp3", "io1")
_WITHOUT_T3 = "use1-az3"


@corrects("rds", "DescribeDBEngineVersions", page=_API + "API_DescribeDBEngineVersions.html")
def engine_versions(call: Call, ask: Ask) -> Answer:
    """Of an engine or of all; a major names all its minors, of which one is the default."""
    params = call.params
    engines = [params["Engine"]] if "Engine" in params else list(MINORS)
    found = [(engine, version) for engine in engines for version in _versions(engine, params.get("EngineVersion"))]
    if params.get("DefaultOnly"):
        found = [(engine, version) for engine, version in found if version == full_version(
            engine, params.get("EngineVersion") or DEFAULT_MAJOR[engine])]
    return {"DBEngineVersions": [_engine_version(engine, version) for engine, version in found]}


def _versions(engine: str, wanted: str | None) -> list[str]:
    majors = MINORS.get(engine, {})
    return [minor for major, minors in majors.items() for minor in minors if wanted in (None, major, minor)]


def _engine_version(engine: str, version: str) -> Answer:
    major = major_of(engine, version)
    name = "PostgreSQL" if engine == "postgres" else "MySQL Community Edition"
    return {"Engine": engine, "EngineVersion": version, "MajorEngineVersion": major, "Status": "available",
            "DBParameterGroupFamily": f"{engine}{major}", "DBEngineDescription": name,
            "DBEngineVersionDescription": f"{name} {version}", "SupportsReadReplica": True}


@corrects("rds", "DescribeOrderableDBInstanceOptions", page=_API + "API_DescribeOrderableDBInstanceOptions.html")
def orderable_options(call: Call, ask: Ask) -> Answer:
    """An option for each version, class and storage, with the zones that have it."""
    params = call.params
    engine, wanted = params["Engine"], params.get("DBInstanceClass")
    options = [_option(call.region, engine, version, one, storage)
               for version in _versions(engine, params.get("EngineVersion"))
               for one in classes(engine, version) if wanted in (None, one) for storage in _STORAGE]
    start = int(params.get("Marker") or 0)
    page = options[start:start + params.get("MaxRecords", 100)]
    following = start + len(page)
    return {"OrderableDBInstanceOptions": page, **({"Marker": str(following)} if following < len(options) else {})}


def _option(region: str, engine: str, version: str, instance_class: str, storage: str) -> Answer:
    zones = ec2_backends[ACCOUNT][region].describe_availability_zones()
    names = [zone.name for zone in zones if not (zone.zone_id == _WITHOUT_T3 and instance_class.startswith("db.t3"))]
    return {"Engine": engine, "EngineVersion": version, "DBInstanceClass": instance_class, "StorageType": storage,
            "LicenseModel": "postgresql-license" if engine == "postgres" else "general-public-license",
            "AvailabilityZones": [{"Name": name} for name in names], "MultiAZCapable": True,
            "ReadReplicaCapable": True, "Vpc": True, "SupportsStorageEncryption": True, "MinStorageSize": 20,
            "MaxStorageSize": 65536, "SupportsIops": storage == "io1"}


@corrects("rds", "DescribeDBParameterGroups", "DescribeDBParameters",
          page="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html")
def default_parameter_groups(call: Call, ask: Ask) -> Answer:
    """Every major has its default group; from PostgreSQL 15 on it makes clients use TLS."""
    backend = rds_backends[ACCOUNT][call.region]
    for engine, majors in MINORS.items():
        for major in majors:
            name = f"default.{engine}{major}"
            if name not in backend.db_parameter_groups:
                backend.db_parameter_groups[name] = DBParameterGroup(
                    backend, name, f"Default parameter group for {engine}{major}", f"{engine}{major}", [])
            forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1" if int(major.split(".")[0]) > 14 else "0",
                      "Source": "system", "ApplyType": "dynamic", "DataType": "boolean", "AllowedValues": "0,1",
                      "IsModifiable": True, "ApplyMethod": "pending-reboot"}
            if engine == "postgres":
                backend.db_parameter_groups[name].update_parameters([forced])
    return ask()
