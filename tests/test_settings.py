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


# --- what is wrong: tests/bad_input has the table of single mistakes

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


def test_what_a_caller_gives_is_named_as_its_flag() -> None:
    assert "--app.port = 1\nreason: is below 1024" in refused("", flags={"app.port": 1})


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
