"""Settings: what is said, by whom, and every way of saying it wrong."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import botocore.session
import pydantic
import pytest

from tapctl.errors import ConfigurationError, Exit, UsageError
from tapctl.settings import Settings, load
from tapctl.settings_problems import explain
from tapctl.settings_sources import Given, dotted, settings_of
from tapctl.settings_values import RETENTION_DAYS

COMMITTED = Path(__file__).parents[1] / "config.toml"
ACM = "arn:aws:acm:{}:123456789012:certificate/1234-abcd"
SNS = "arn:aws:sns:{}:123456789012:alarms"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of its own without a config.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


NO: Mapping[str, Any] = MappingProxyType({})


def loaded(text: str = "", environ: Mapping[str, str] = NO, flags: Mapping[str, Any] = NO) -> Settings:
    Path("config.toml").write_text(text, encoding="utf-8")
    return load(None, environ, flags)


def refused(text: str = "", environ: Mapping[str, str] = NO, flags: Mapping[str, Any] = NO) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(text, environ, flags)
    assert caught.value.exit_code is Exit.CONFIGURATION
    return "\n".join(caught.value.lines())


# --- what is said

#: The committed file with its commented-out examples switched on.
FULL = re.sub(r"^# (?=[a-z0-9_-]+ = )", "", COMMITTED.read_text(), flags=re.MULTILINE)


def test_the_committed_file_says_the_defaults() -> None:
    assert load(COMMITTED, {}, {}) == load(None, {}, {})


def test_the_committed_file_shows_every_setting() -> None:
    for path in settings_of(Settings):
        here = tomllib.loads(FULL)
        for step in path:
            here = next(iter(here.values())) if step == "<name>" else here[step]


def test_the_examples_in_the_committed_file_are_valid(elsewhere: Path) -> None:
    (elsewhere / "boot.sh").write_text("#!/bin/sh\n")
    settings = loaded(FULL)
    assert settings.table.sort_key is not None
    assert settings.table.sort_key.name == "sk"
    assert settings.logs.object_days == 365
    assert settings.app.user_data_file == Path("boot.sh")
    assert list(settings.certificate_arns) == list(settings.alarms.actions) == list(settings.network.vpc_id)


def test_the_defaults_of_the_contract() -> None:
    settings = load(None, {}, {"env": "production"})
    assert (settings.project, settings.owner, settings.environment) == ("TapStack", "platform", "production")
    assert settings.regions == ("us-east-1", "us-west-2")
    assert settings.primary == settings.bucket_region == "us-east-1"
    assert settings.sizes.model_dump() == {
        "instance_type": "t3.medium", "min_size": 1, "max_size": 6, "desired_size": 2, "database_class": "db.t3.small"}
    assert load(None, {}, {"env": "staging"}).sizes.model_dump() == {
        "instance_type": "t3.micro", "min_size": 1, "max_size": 3, "desired_size": 1, "database_class": "db.t3.micro"}
    assert settings.database.model_dump() == {"major_version": 17, "storage_gib": 20, "backup_days": 7,
                                              "name": "tapstack", "username": "tapadmin"}
    assert settings.table.model_dump() == {"partition_key": {"name": "pk", "type": "S"}, "sort_key": None}
    assert settings.app.model_dump() == {"port": 8080, "health_path": "/health", "user_data_file": None,
                                         "data_access": False}
    assert settings.logs.model_dump() == {"retention_days": 30, "noncurrent_days": 30, "object_days": None}
    assert settings.endpoints.model_dump() == {"s3": True, "dynamodb": True, "logs": True}
    assert settings.ami_parameter == "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert (settings.allowed_account_ids, settings.network.peering, settings.certificate_arns) == ((), "auto", {})


def test_flags_go_over_the_environment_and_that_over_the_file() -> None:
    text = 'owner = "file"\n[database]\nstorage_gib = 30\nbackup_days = 9\n'
    assert loaded(text).owner == "file"
    assert loaded(text, {"TAPCTL_OWNER": "environment"}).owner == "environment"
    assert loaded(text, {"TAPCTL_OWNER": "environment"}, {"owner": "flag"}).owner == "flag"
    assert loaded(text, {"ENVIRONMENT": "test"}, {"env": "pr-1"}).environment == "pr-1"
    assert loaded(text, {"ENVIRONMENT": "test"}, {"env": None, "owner": None}).environment == "test"
    merged = loaded(text, {"TAPCTL_DATABASE__STORAGE_GIB": "40"}).database
    assert (merged.storage_gib, merged.backup_days) == (40, 9), "one key, not the table, is overridden"
    assert loaded(text, {}, {"database.storage_gib": 50}).database.storage_gib == 50
    assert loaded("", {}, {"regions": ["eu-west-1"]}).regions == ("eu-west-1",)


def test_an_explicit_file_and_one_with_a_byte_order_mark(elsewhere: Path) -> None:
    (elsewhere / "other.toml").write_bytes(b'\xef\xbb\xbfowner = "x"\n')
    assert load(elsewhere / "other.toml", {}, {}).owner == "x"


def test_variables_take_every_type() -> None:
    settings = loaded("", {
        "TAPCTL_REGIONS": "eu-west-1, eu-central-1,", "TAPCTL_ALLOWED_ACCOUNT_IDS": "123456789012",
        "TAPCTL_OWNER": "42", "TAPCTL_APP__DATA_ACCESS": "TRUE", "TAPCTL_ENDPOINTS__S3": "false",
        "TAPCTL_DATABASE__MAJOR_VERSION": "16", "TAPCTL_LOGS__OBJECT_DAYS": "90",
        "TAPCTL_TABLE__SORT_KEY__NAME": "sk", "TAPCTL_TABLE__SORT_KEY__TYPE": "N",
        "TAPCTL_NETWORK__VPC_ID__EU_WEST_1": "vpc-12345678", "TAPCTL_NETWORK__PEERING": "off",
        "TAPCTL_CERTIFICATE_ARNS__eu-central-1": ACM.format("eu-central-1"),
        "TAPCTL_ALARMS__ACTIONS__EU_WEST_1": SNS.format("eu-west-1"),
        "TAPCTL_ENVIRONMENTS__PR_7__MAX_SIZE": "2", "BUCKET_REGION": "eu-central-1", "ENVIRONMENT": "pr-7",
        "TAPCTL_PROJECT": "", "PATH": "/bin"})
    assert settings.regions == ("eu-west-1", "eu-central-1")
    assert settings.allowed_account_ids == ("123456789012",)
    assert (settings.owner, settings.project) == ("42", "TapStack"), "text stays text; empty counts as unset"
    assert (settings.app.data_access, settings.endpoints.s3) == (True, False)
    assert (settings.database.major_version, settings.logs.object_days) == (16, 90)
    assert settings.table.sort_key is not None
    assert (settings.table.sort_key.name, settings.table.sort_key.type) == ("sk", "N")
    assert settings.network.model_dump() == {"vpc_id": {"eu-west-1": "vpc-12345678"}, "peering": "off"}
    assert settings.certificate_arns == {"eu-central-1": ACM.format("eu-central-1")}
    assert settings.alarms.actions == {"eu-west-1": (SNS.format("eu-west-1"),)}
    assert (settings.environment, settings.sizes.max_size) == ("pr-7", 2)
    assert settings.bucket_region == "eu-central-1"
    assert loaded("", {"BUCKET_REGION": "us-east-1", "TAPCTL_BUCKET_REGION": "us-west-2"}).bucket_region == "us-west-2"


@pytest.mark.parametrize(("text", "environ", "regions"), [
    ("", {"AWS_REGION": "us-west-2"}, ("us-west-2", "us-east-1")),
    ("", {"AWS_DEFAULT_REGION": "eu-west-1"}, ("eu-west-1", "us-east-1")),
    ("", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"}, ("us-east-1", "us-west-2")),
    ("", {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"}, ("us-west-2", "us-east-1")),
    ('regions = ["us-east-1"]', {"AWS_REGION": "us-west-2"}, ("us-east-1",)),
    ("", {"AWS_REGION": "us-west-2", "TAPCTL_REGIONS": "eu-west-1"}, ("eu-west-1",)),
])
def test_boto3s_region_counts_only_where_nothing_else_names_regions(
        text: str, environ: dict[str, str], regions: tuple[str, ...]) -> None:
    settings = loaded(text, environ)
    assert settings.regions == regions
    assert settings.primary == settings.bucket_region == regions[0]


def test_an_environment_takes_stagings_sizes_for_what_it_does_not_say() -> None:
    text = ("[environments.staging]\nmax_size = 4\n[environments.qa]\ndesired_size = 3\n"
            "[environments.production]\nmax_size = 9\n")
    assert loaded(text, flags={"env": "anything"}).sizes.max_size == 4
    qa = loaded(text, flags={"env": "qa"}).sizes
    assert (qa.desired_size, qa.max_size, qa.instance_type) == (3, 4, "t3.micro")
    production = loaded(text, flags={"env": "production"}).sizes
    assert (production.desired_size, production.max_size, production.instance_type) == (2, 9, "t3.medium")


def test_a_command_that_needs_an_environment_says_so() -> None:
    settings = load(None, {"ENVIRONMENT": ""}, {})
    assert settings.environment is None
    for ask in (settings.require_environment, lambda: settings.sizes):
        with pytest.raises(UsageError) as caught:
            ask()
        assert "no environment" in caught.value.message
        assert "--env" in caught.value.mend
        assert "ENVIRONMENT" in caught.value.mend
        assert caught.value.exit_code is Exit.USAGE
    assert load(None, {}, {"env": "test"}).require_environment() == "test"


def test_a_script_is_looked_for_beside_the_file_that_names_it(elsewhere: Path) -> None:
    (elsewhere / "sub").mkdir()
    (elsewhere / "sub" / "boot.sh").write_bytes(b"#" * 16384)
    (elsewhere / "sub" / "c.toml").write_text('[app]\nuser_data_file = "boot.sh"\n')
    assert load(elsewhere / "sub" / "c.toml", {}, {}).app.user_data_file == elsewhere / "sub" / "boot.sh"
    assert load(None, {"TAPCTL_APP__USER_DATA_FILE": "sub/boot.sh"}, {}).app.user_data_file == Path("sub/boot.sh")
    assert load(None, {}, {"app.user_data_file": Path("sub/boot.sh")}).app.user_data_file == Path("sub/boot.sh")


def test_retention_is_what_botocore_documents() -> None:
    documented = botocore.session.get_session().get_service_model("logs").shape_for("Days").documentation
    assert tuple(map(int, re.findall(r"\d+", documented.partition("</p>")[0]))) == RETENTION_DAYS


def test_the_edges_of_what_is_allowed() -> None:
    for days in RETENTION_DAYS:
        assert loaded(f"[logs]\nretention_days = {days}").logs.retention_days == days
    for days in (1, 36500):
        logs = loaded(f"[logs]\nnoncurrent_days = {days}\nobject_days = {days}").logs
        assert logs.noncurrent_days == logs.object_days == days
    for size in (1, 1000):
        text = f"[environments.x]\nmin_size = {size}\ndesired_size = {size}\nmax_size = {size}"
        sizes = loaded(text, flags={"env": "x"}).sizes
        assert sizes.min_size == sizes.desired_size == sizes.max_size == size
    for version in ("15", '"18"'):
        assert loaded(f"[database]\nmajor_version = {version}").database.major_version == int(version.strip('"'))
    for gib in (20, 65536):
        assert loaded(f"[database]\nstorage_gib = {gib}").database.storage_gib == gib
    for days in (1, 35):
        assert loaded(f"[database]\nbackup_days = {days}").database.backup_days == days
    for port in (1024, 65535):
        assert loaded(f"[app]\nport = {port}").app.port == port
    assert loaded("[environments.one]\nmin_size=3\ndesired_size=3", flags={"env": "one"}).sizes.min_size == 3
    assert loaded('owner = "Équipe web: a+b=c@example.com/x_y-z"').owner.startswith("É")
    five = ", ".join(f'"{SNS.format("us-east-1")}{n}"' for n in range(5))
    assert len(loaded(f"[alarms.actions]\nus-east-1 = [{five}]").alarms.actions["us-east-1"]) == 5
    response = "arn:aws:ssm-incidents::123456789012:response-plan/x"
    assert loaded(f'[alarms.actions]\nus-east-1 = ["{response}"]').alarms.actions["us-east-1"] == (response,), "global"
    assert loaded('regions = ["us-gov-west-1", "us-gov-east-1"]').primary == "us-gov-west-1"


def test_settings_cannot_be_changed() -> None:
    settings = load(None, {}, {})
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        settings.owner = "me"
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        settings.database.storage_gib = 1


def test_importing_settings_does_not_import_boto3() -> None:
    code = "import sys, tapctl.settings; sys.exit(any(n.startswith(('boto', 'typer', 'rich')) for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=COMMITTED.parent).returncode == 0


# --- every way of saying it wrong -> what the error must name: the place, the value, the reason, the mend

FILE_CASES: list[tuple[str, list[str]]] = [
    # TOML itself, and types
    ("owner = platform", ["config.toml is not TOML", "line 1", 'owner = "platform"']),
    ("\n\nowner = ", ["config.toml is not TOML", "line 3", "correct that line"]),
    ("[app]\nport = 1\nport = 2", ["config.toml is not TOML", "line 3"]),
    ("owner = 'x", ["config.toml is not TOML", "line 1"]),
    ('\nowner = """x', ["config.toml is not TOML", "at the end, line 2"]),
    ("[app\nport = 1", ["config.toml is not TOML", "line 1"]),
    ("x = " + "[" * 3000, ["config.toml is not TOML"]),
    ("[database]\nstorage_gib = " + "9" * 5000, ["config.toml is not TOML"]),
    ("app = 8080", ["config.toml: app", "is not a table", "write [app]"]),
    ("[[database]]\nname = 'x'", ["config.toml: database", "is not a table", "write [database]"]),
    ("environments = 1", ["config.toml: environments", "is not a table", "write [environments]"]),
    ("[environments]\nstaging = 1", ["config.toml: environments.staging", "is not a table", "[environments.staging]"]),
    ("[environments]\nqa = 1", ["config.toml: environments.qa", "is not a table", "[environments.qa]"]),
    ("certificate_arns = 'x'", ["config.toml: certificate_arns", "is not a table", "write [certificate_arns]"]),
    ("[network]\nvpc_id = 'vpc-12345678'", ["config.toml: network.vpc_id", "is not a table", "[network.vpc_id]"]),
    ("[table]\npartition_key = 'pk'", ["config.toml: table.partition_key", "is not a table"]),
    ("regions = 'us-east-1'", ["config.toml: regions = 'us-east-1'", "is not a list", 'regions = ["...", "..."]']),
    ("allowed_account_ids = 123456789012", ["allowed_account_ids = 123456789012", "is not a list"]),
    ("[alarms.actions]\nus-east-1 = 'arn'", ["alarms.actions.us-east-1 = 'arn'", "is not a list"]),
    ("owner = 42", ["config.toml: owner = 42", "is not text", 'owner = "..."']),
    ("owner = 1979-05-27", ["config.toml: owner", "is not text", "put it in quotes"]),
    ("project = true", ["config.toml: project = True", "is not text"]),
    ("bucket_region = 1", ["config.toml: bucket_region = 1", "is not text"]),
    ("[app]\nport = '8080'", ["app.port = '8080'", "is not a whole number", "without quotes"]),
    ("[app]\nport = 80.5", ["app.port = 80.5", "is not a whole number"]),
    ("[app]\nport = true", ["app.port = True", "is not a whole number"]),
    ("[app]\ndata_access = 'yes'", ["app.data_access = 'yes'", "neither true nor false", "give true or false"]),
    ("[endpoints]\ns3 = 1", ["endpoints.s3 = 1", "neither true nor false"]),
    ("[app]\nuser_data_file = 1", ["app.user_data_file = 1", "is not a path", 'app.user_data_file = "..."']),
    # keys
    ("projct = 'x'", ["config.toml: projct", "no such setting", "did you mean project?"]),
    ("Owner = 'x'", ["config.toml: Owner", "did you mean owner?"]),
    ("[databse]\nname = 'x'", ["config.toml: databse", "did you mean database?"]),
    ("[database]\nstorage_gb = 20", ["config.toml: database.storage_gb", "did you mean database.storage_gib?"]),
    ("storage_gib = 20", ["config.toml: storage_gib", "did you mean database.storage_gib?"]),
    ("instance_type = 't3.micro'", ["config.toml: instance_type", "did you mean environments.<name>.instance_type?"]),
    ("[environments.qa]\nmaxsize = 2", ["config.toml: environments.qa.maxsize", "environments.qa.max_size?"]),
    ("[table.sort_key]\nname = 'a'\nkind = 'S'", ["config.toml: table.sort_key.kind", "known here: name, type"]),
    ("[zzz]\nq = 1", ["config.toml: zzz", "remove it", "known here: project, owner"]),
    ("environment = 'production'", ["config.toml: environment", "names none", "--env", "ENVIRONMENT"]),
    ('"\\u001b[2J" = 1', ["config.toml: '\\x1b[2J'", "no such setting"]),
    # names
    ("project = 'Tap-Stack'", ["project = 'Tap-Stack'", "2 to 16 letters and digits", '"TapStack"']),
    ("project = 'sg'", ["project = 'sg'", "no prefix that AWS reserves"]),
    ("project = 'aaaaaaaaaaaaaaaaa'", ["project = 'aaaaaaaaaaaaaaaaa'", "2 to 16"]),
    ("owner = ''", ["owner = ''", "is no tag value", '"platform"']),
    ("owner = 'aws:me'", ["owner = 'aws:me'", "not starting with aws:"]),
    ("owner = 'a;b'", ["owner = 'a;b'", "is no tag value"]),
    (f"owner = '{'x' * 257}'", ["owner = 'xxx", "...", "1 to 256"]),
    ("[environments.Prod]\nmax_size = 3", ["environments.Prod = 'Prod'", "no environment name", '"pr-7"']),
    ("[environments.a--b]", ["environments.a--b = 'a--b'", "no environment name"]),
    # regions, and what goes by region
    ("regions = []", ["config.toml: regions = []", "names no region", '["us-east-1"]']),
    ("regions = ['us-east-1', 'us-east-1']", ["config.toml: regions", "us-east-1 more than once", "once"]),
    ("regions = ['us-east-1', 'useast2']", ["regions[1] = 'useast2'", "not the name of an AWS region", '"us-east-1"']),
    ("regions = ['US-EAST-1']", ["regions[0] = 'US-EAST-1'", "not the name of an AWS region"]),
    ("regions = ['us-east-1a']", ["regions[0] = 'us-east-1a'", "not the name of an AWS region"]),
    ("regions = [1]", ["regions[0] = 1", "is not text"]),
    ("regions = ['us-east-1', 'cn-north-1']", ["config.toml: regions", "aws, aws-cn", "regions of one partition"]),
    ("bucket_region = 'eu-west-1'", ["bucket_region = 'eu-west-1'", "not one of the stack's", "us-east-1, us-west-2"]),
    ("[network.vpc_id]\neu-west-1 = 'vpc-12345678'", ["network.vpc_id.eu-west-1", "eu-west-1 is not among regions",
                                                      "use one of us-east-1, us-west-2"]),
    ("[network.vpc_id]\nus-east-1 = 'vpc-1'", ["network.vpc_id.us-east-1 = 'vpc-1'", "not the id of a VPC"]),
    ("[network.vpc_id]\nuseast = 'vpc-12345678'", ["network.vpc_id.useast = 'useast'", "name of an AWS region"]),
    (f"[certificate_arns]\nus-east-1 = '{ACM.format('us-west-2')}'",
     ["certificate_arns.us-east-1", "is of us-west-2 and stands under us-east-1", "give one of us-east-1"]),
    (f"[certificate_arns]\neu-west-1 = '{ACM.format('eu-west-1')}'",
     ["certificate_arns.eu-west-1", "is not among regions", "or add it to regions"]),
    ("[certificate_arns]\nus-east-1 = 'arn:aws:iam::123456789012:server-certificate/x'",
     ["certificate_arns.us-east-1", "not the ARN of an ACM certificate", "arn:aws:acm:us-east-1"]),
    (f"[alarms.actions]\nus-east-1 = ['{SNS.format('us-east-1')}', '{SNS.format('us-west-2')}']",
     ["alarms.actions.us-east-1[1]", "is of us-west-2", "give one of us-east-1"]),
    (f"[alarms.actions]\neu-west-1 = ['{SNS.format('eu-west-1')}']", ["alarms.actions.eu-west-1[0]", "not among"]),
    ("[alarms.actions]\nus-east-1 = ['alarms']", ["alarms.actions.us-east-1[0] = 'alarms'", "an SNS topic"]),
    (f"[alarms.actions]\nus-east-1 = {[SNS.format('us-east-1')] * 6}", ["alarms.actions.us-east-1", "give at most 5"]),
    ("[network]\npeering = 'requird'", ["network.peering = 'requird'", 'did you mean "required"?']),
    ("[network]\npeering = 'zzz'", ["network.peering = 'zzz'", "give 'auto', 'required' or 'off'"]),
    ("[network]\npeering = true", ["network.peering = True", "'auto', 'required' or 'off'"]),
    # accounts
    ("allowed_account_ids = [123456789012]", ["allowed_account_ids[0] = 123456789012", "is not text", "quotes"]),
    ("allowed_account_ids = ['12345']", ["allowed_account_ids[0] = '12345'", "12 digits in quotes"]),
    # sizes and numbers
    ("[app]\nport = 80", ["app.port = 80", "is below 1024", "needs no privileges, from 1024 to 65535"]),
    ("[app]\nport = 65536", ["app.port = 65536", "is above 65535"]),
    ("[app]\nhealth_path = 'health'", ["app.health_path = 'health'", "a slash first", '"/health"']),
    ("[app]\nhealth_path = '/a b'", ["app.health_path = '/a b'", "no spaces"]),
    ("[app]\nuser_data_file = 'no.sh'", ["app.user_data_file", "no.sh", "No such file", "readable file"]),
    ("[app]\nuser_data_file = '.'", ["app.user_data_file", "Is a directory", "readable file"]),
    ('[app]\nuser_data_file = "\\u0000"', ["app.user_data_file", "can't be read", "readable file"]),
    ("[app]\nuser_data_file = 'big.sh'", ["app.user_data_file", "holds 16385 bytes", "16384", "shorten it"]),
    ("ami_parameter = 'ami-12345678'", ["ami_parameter = 'ami-12345678'", "an SSM parameter", "/aws/service"]),
    ("[database]\nmajor_version = 14", ["database.major_version = 14", "older than PostgreSQL 15", "15 or newer"]),
    ("[database]\nmajor_version = 17.4", ["database.major_version = 17.4", "not a major version", "such as 17"]),
    ("[database]\nmajor_version = '17.4'", ["database.major_version = '17.4'", "give the major version alone"]),
    ("[database]\nmajor_version = inf", ["database.major_version = inf", "not a major version"]),
    ("[database]\nmajor_version = [17]", ["database.major_version = [17]", "is not a whole number"]),
    ("[database]\nstorage_gib = 19", ["database.storage_gib = 19", "is below 20", "GiB from 20 to 65536"]),
    ("[database]\nstorage_gib = 65537", ["database.storage_gib = 65537", "is above 65536"]),
    ("[database]\nstorage_gib = " + "9" * 200, ["database.storage_gib = 999", "...", "is above 65536"]),
    ("[database]\nbackup_days = 0", ["database.backup_days = 0", "is below 1", "days from 1 to 35"]),
    ("[database]\nbackup_days = 36", ["database.backup_days = 36", "is above 35"]),
    ("[database]\nname = '1st'", ["database.name = '1st'", "a letter first", '"tapstack"']),
    ("[database]\nname = 'order'", ["database.name = 'order'", "is reserved", '"app_order"']),
    ("[database]\nname = 'pg_mine'", ["database.name = 'pg_mine'", "is reserved"]),
    ("[database]\nusername = 'Admin'", ["database.username = 'Admin'", "is reserved", '"app_admin"']),
    ("[database]\nusername = 'a23456789012345678'", ["database.username", "1 to 16 letters", '"tapadmin"']),
    ("[table.partition_key]\nname = ''", ["table.partition_key.name = ''", "1 to 255 characters", '"pk"']),
    ("[table.partition_key]\nname = 'id'\ntype = 'X'", ["table.partition_key.type = 'X'", "'S', 'N' or 'B'"]),
    ("[table.sort_key]\nname = 'a'\ntype = 's'", ["table.sort_key.type = 's'", "give 'S', 'N' or 'B'"]),
    ("[table.sort_key]\ntype = 'N'", ["config.toml: table.sort_key.name", "is missing", "add it"]),
    ("[table.sort_key]\nname = 'pk'", ["config.toml: table.sort_key", "name of the partition key", "different names"]),
    ("[logs]\nretention_days = 29", ["logs.retention_days = 29", "CloudWatch Logs", "give 30, the nearest"]),
    ("[logs]\nretention_days = 0", ["logs.retention_days = 0", "give 1, the nearest"]),
    ("[logs]\nretention_days = 99999", ["logs.retention_days = 99999", "give 3653, the nearest"]),
    ("[logs]\nnoncurrent_days = 0", ["logs.noncurrent_days = 0", "is below 1", "number of days"]),
    ("[logs]\nnoncurrent_days = 36501", ["logs.noncurrent_days = 36501", "is above 36500"]),
    ("[logs]\nobject_days = 36501", ["logs.object_days = 36501", "is above 36500"]),
    ("[logs]\nobject_days = 0", ["logs.object_days = 0", "is below 1"]),
    ("[environments.qa]\ninstance_type = 'micro'", ["environments.qa.instance_type = 'micro'", '"t3.micro"']),
    ("[environments.qa]\ndatabase_class = 't3.micro'", ["environments.qa.database_class = 't3", '"db.t3.micro"']),
    ("[environments.qa]\nmin_size = 0", ["environments.qa.min_size = 0", "is below 1", "instances from 1 to 1000"]),
    ("[environments.qa]\nmax_size = 1001", ["environments.qa.max_size = 1001", "is above 1000"]),
    ("[environments.qa]\ndesired_size = 1001", ["environments.qa.desired_size = 1001", "is above 1000"]),
    ("[environments.qa]\ndesired_size = 0", ["environments.qa.desired_size = 0", "is below 1"]),
    ("[environments.qa]\nmin_size = 1001", ["environments.qa.min_size = 1001", "is above 1000"]),
    ("[environments.qa]\nmin_size = 5", ["environments.qa", "min_size 5, desired_size 1 and max_size 3", "<="]),
    ("[environments.production]\nmax_size = 1", ["environments.production", "desired_size 2 and max_size 1"]),
    ("[environments.staging]\nmax_size = 0", ["environments.staging.max_size = 0", "is below 1"]),
]

OTHER_CASES: list[tuple[str, Mapping[str, str], Mapping[str, Any], list[str]]] = [
    ("", {"TAPCTL_DATABSE__NAME": "x"}, NO, ["TAPCTL_DATABSE__NAME", "did you mean TAPCTL_DATABASE__NAME?"]),
    ("", {"TAPCTL_BUCKETREGION": "x"}, NO, ["TAPCTL_BUCKETREGION", "did you mean TAPCTL_BUCKET_REGION?"]),
    ("", {"TAPCTL_QQQQQQQQQQQQQQQQQQQQQQQQ": "x"}, NO, ["TAPCTL_QQQQ", "unset it"]),
    ("", {"TAPCTL_ENVIRONMENT": "x"}, NO, ["TAPCTL_ENVIRONMENT", "did you mean ENVIRONMENT?"]),
    ("", {"TAPCTL_": "x"}, NO, ["TAPCTL_", "is no setting's variable"]),
    ("", {"TAPCTL_OWNER__NAME": "x"}, NO, ["TAPCTL_OWNER__NAME", "is no setting's variable"]),
    ("", {"TAPCTL_REGIONS__X": "x"}, NO, ["TAPCTL_REGIONS__X", "did you mean TAPCTL_REGIONS?"]),
    ("", {"TAPCTL_\x1b": "x"}, NO, ["'TAPCTL_\\x1b'", "is no setting's variable"]),
    ("", {"TAPCTL_APP": "x"}, NO, ["TAPCTL_APP", "names a table", "TAPCTL_APP__PORT"]),
    ("", {"TAPCTL_CERTIFICATE_ARNS": "x"}, NO, ["TAPCTL_CERTIFICATE_ARNS", "names a table", "_ARNS__<NAME>"]),
    ("", {"TAPCTL_ENVIRONMENTS__QA": "x"}, NO, ["TAPCTL_ENVIRONMENTS__QA", "TAPCTL_ENVIRONMENTS__QA__INSTANCE_TYPE"]),
    ("", {"TAPCTL_APP__PORT": "http"}, NO, ["TAPCTL_APP__PORT = 'http'", "is not a whole number"]),
    ("", {"TAPCTL_APP__PORT": "80"}, NO, ["TAPCTL_APP__PORT = 80", "is below 1024"]),
    ("", {"TAPCTL_ENDPOINTS__S3": "1"}, NO, ["TAPCTL_ENDPOINTS__S3 = '1'", "give true or false"]),
    ("", {"TAPCTL_REGIONS": ","}, NO, ["TAPCTL_REGIONS = []", "names no region"]),
    ("", {"TAPCTL_REGIONS": "us-east-1,west"}, NO, ["TAPCTL_REGIONS = 'west'", "not the name of an AWS region"]),
    ("", {"TAPCTL_REGIONS": "us-east-1 us-west-2"}, NO, ["TAPCTL_REGIONS = 'us-east-1 us-west-2'", "AWS region"]),
    ("", {"TAPCTL_OWNER": "\udcff\x1b"}, NO, ["TAPCTL_OWNER = '\\udcff\\x1b'", "is no tag value"]),
    ("", {"TAPCTL_NETWORK__PEERING": "\udcff"}, NO, ["TAPCTL_NETWORK__PEERING = '\\udcff'", "not UTF-8", "in UTF-8"]),
    ("", {"AWS_REGION": "mars"}, NO, ["AWS_REGION = 'mars'", "not the name of an AWS region"]),
    ("", {"AWS_DEFAULT_REGION": "us-gov-west-1"}, NO, ["AWS_DEFAULT_REGION", "aws-us-gov, aws", "one partition"]),
    ("", {"BUCKET_REGION": "eu-west-1"}, NO, ["BUCKET_REGION = 'eu-west-1'", "give one of us-east-1, us-west-2"]),
    ("", {"ENVIRONMENT": "Production"}, NO, ["ENVIRONMENT = 'Production'", "lower-case letters", '"production"']),
    ("", {"ENVIRONMENT": "e" * 25}, NO, ["ENVIRONMENT = 'eee", "1 to 24"]),
    ("", {"ENVIRONMENT": "ok"}, {"env": "not ok"}, ["--env = 'not ok'", "no environment name"]),
    ("", NO, {"env": ""}, ["--env = ''", "no environment name"]),
    ("", NO, {"app.port": 1}, ["--app.port = 1", "is below 1024"]),
    ("app = 1", {"TAPCTL_APP__PORT": "8081"}, NO, ["config.toml: app", "is not a table"]),
    ("[environments.qa]\nmin_size = 2\ndesired_size = 2", {"TAPCTL_ENVIRONMENTS__QA__MAX_SIZE": "1"}, NO,
     ["config.toml: environments.qa, TAPCTL_ENVIRONMENTS__QA__MAX_SIZE", "are not in order"]),
    ("", {"TAPCTL_CERTIFICATE_ARNS__US_EAST_1": ACM.format("us-west-2")}, NO,
     ["TAPCTL_CERTIFICATE_ARNS__US_EAST_1", "is of us-west-2"]),
]
CASES = [(text, NO, NO, named) for text, named in FILE_CASES] + OTHER_CASES


@pytest.mark.parametrize(("text", "environ", "flags", "named"), CASES,
                         ids=[re.sub(r"[^\w.=-]+", " ", str(case[0] or case[1] or case[2]))[:60] for case in CASES])
def test_what_is_wrong_is_named_with_its_mend(
        elsewhere: Path, text: str, environ: Mapping[str, str], flags: Mapping[str, Any], named: list[str]) -> None:
    (elsewhere / "big.sh").write_bytes(b"#" * 16385)
    said = refused(text, environ, flags)
    for part in named:
        assert part in said
    assert "settings are wrong" not in said, "one mistake is one problem"
    assert [line.split(":")[0] for line in said.splitlines()][1:] == ["reason", "mend"]
    assert said.isprintable() or said.replace("\n", "").isprintable()
    assert "pydantic" not in said.lower()


def test_the_table_of_mistakes_is_long_enough() -> None:
    assert len(CASES) >= 80


def test_everything_wrong_is_listed_at_once() -> None:
    said = refused("projct = 'x'\n[app]\nport = 1\n[certificate_arns]\neu-west-1 = '" + ACM.format("eu-west-1") + "'\n",
                   {"ENVIRONMENT": "X", "TAPCTL_NOPE": "1"}, {"database.storage_gib": 5})
    assert said.startswith("6 settings are wrong:")
    for part in ("config.toml: projct", "config.toml: app.port = 1", "config.toml: certificate_arns.eu-west-1",
                 "ENVIRONMENT = 'X'", "TAPCTL_NOPE", "--database.storage_gib = 5"):
        assert f"\n  {part}" in said
    assert said.count("\n    reason: ") == said.count("\n    mend: ") == 6


def test_stagings_mistake_is_told_once_and_not_again_for_who_inherits_it() -> None:
    said = refused("[environments.staging]\nmax_size = 0\n[environments.qa]\nmin_size = 1\n"
                   "[environments.pr]\nmax_size = 0\n")
    assert said.startswith("2 settings are wrong:")
    assert "environments.staging.max_size = 0" in said
    assert "environments.pr.max_size = 0" in said


def test_wrong_regions_hide_what_only_goes_by_them() -> None:
    said = refused("regions = []\nbucket_region = 'eu-west-1'\n[network.vpc_id]\neu-west-1 = 'vpc-12345678'\n"
                   f"[certificate_arns]\neu-west-1 = '{ACM.format('eu-west-1')}'")
    assert "names no region" in said
    assert "settings are wrong" not in said


@pytest.mark.parametrize("text", ["password = 'hunter2'", "[database]\npassword = 'hunter2'", "database = 'hunter2'",
                                  "[password]\nx = 'hunter2'", "[network]\nvpc_id = 'hunter2'"])
def test_what_stands_where_nothing_should_is_not_shown(text: str) -> None:
    assert "hunter2" not in refused(text)
    assert "hunter2" not in refused("", {"TAPCTL_PASSWORD": "hunter2", "TAPCTL_DATABASE": "hunter2"})


@pytest.mark.parametrize(("make", "named"), [
    (lambda path: None, ["can't be read", "No such file", "--config"]),
    (lambda path: path.mkdir(), ["can't be read", "Is a directory", "--config"]),
    (lambda path: path.symlink_to(path), ["can't be read", "symbolic links"]),
    (lambda path: path.write_bytes(b'owner = "\xff"'), ["is not UTF-8", "0xff", "save it as UTF-8"]),
    (lambda path: path.write_bytes(b"\x00"), ["is not TOML", "line 1"]),
])
def test_a_file_that_cannot_be_read_is_named(elsewhere: Path, make: Any, named: list[str]) -> None:
    path = elsewhere / "given.toml"
    make(path)
    with pytest.raises(ConfigurationError) as caught:
        load(path, {}, {})
    said = "\n".join(caught.value.lines())
    for part in (str(path), *named):
        assert part in said


def test_a_default_file_that_cannot_be_read_is_an_error_too(elsewhere: Path) -> None:
    (elsewhere / "config.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"config.toml can't be read"):
        load(None, {}, {})


def test_a_finding_of_pydantics_that_has_no_words_of_ours_still_reads() -> None:
    class Odd(pydantic.BaseModel):
        when: pydantic.PastDate

    with pytest.raises(pydantic.ValidationError) as caught:
        Odd.model_validate({"when": "2999-01-01"})
    [problem] = explain(Odd, Given("config.toml", {}), caught.value)
    assert problem.what == "config.toml: when = '2999-01-01'"
    assert problem.why == "Date should be in the past"
    assert "config.toml" in problem.mend


def test_a_long_value_is_cut() -> None:
    assert f"'{';' * 78}'\n" in refused(f"owner = '{';' * 78}'")
    assert f"'{';' * 79}...\n" in refused(f"owner = '{';' * 79}'")


def test_paths_read_like_toml() -> None:
    assert dotted(("alarms", "actions", "us-east-1", 1)) == "alarms.actions.us-east-1[1]"
