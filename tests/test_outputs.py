"""Outputs: the same keys whatever stands, in forms that other programs read back."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tapctl.model import Found
from tapctl.outputs import OUTPUTS, collect, flat, formatted

EAST, WEST = "us-east-1", "us-west-2"
RAW = {"DNSName": "alb.example", "TableName": "table", "TableArn": "arn:table", "Arn": "arn:role",
       "logGroupName": "group", "Endpoint": {"Address": "db.example", "Port": 5432}}


def found(*regions: str, **more: Any) -> dict[str, Found]:
    kinds = {what for what, _ in OUTPUTS.values()}
    return {f"{region}/{kind}": Found(f"{region}/{kind}", f"{kind}-of-{region}", {**RAW, **more})
            for region in regions for kind in kinds}


def test_everything_that_stands() -> None:
    outputs = collect("TapStack/staging", "123456789012", (EAST, WEST), found(EAST, WEST))
    assert (outputs["stack"], outputs["account"], list(outputs["regions"])) == (
        "TapStack/staging", "123456789012", [EAST, WEST])
    east = outputs["regions"][EAST]
    assert list(east) == list(OUTPUTS)
    assert (east["database_address"], east["database_port"]) == ("db.example", 5432)
    assert (east["load_balancer_dns_name"], east["load_balancer_arn"]) == (
        "alb.example", f"load_balancer-of-{EAST}")
    assert (east["table_name"], east["table_arn"], east["role_arn"], east["log_group_name"]) == (
        "table", "arn:table", "arn:role", "group")
    assert outputs["regions"][WEST]["bucket_name"] == f"bucket/logs-of-{WEST}"


def test_what_does_not_stand_is_left_out() -> None:
    there = {f"{WEST}/database": found(WEST, Endpoint={})[f"{WEST}/database"]}
    outputs = collect("s", "a", (EAST, WEST), there)
    assert outputs["regions"] == {EAST: {}, WEST: {"database_arn": f"database-of-{WEST}"}}
    assert flat(outputs, EAST) == {"stack": "s", "account": "a", "database_arn_us_west_2": f"database-of-{WEST}"}
    assert flat(outputs, "eu-west-1") == flat(outputs, EAST)


def test_each_pair_of_regions_has_its_connection_in_the_first_of_them_by_name() -> None:
    far = "eu-west-1"
    pairs = [f"{EAST}/peering/{WEST}", f"{far}/peering/{WEST}", f"{far}/peering/{EAST}"]
    outputs = collect("s", "a", (WEST, EAST, far), {key: Found(key, f"pcx-{n}", {}) for n, key in enumerate(pairs)})
    assert outputs["regions"] == {
        WEST: {}, EAST: {"peering_connection_id_us_west_2": "pcx-0"},
        far: {"peering_connection_id_us_east_1": "pcx-2", "peering_connection_id_us_west_2": "pcx-1"}}
    assert list(outputs["regions"][far]) == sorted(outputs["regions"][far])
    strings = flat(outputs, EAST)
    assert strings["peering_connection_id_us_west_2_us_east_1"] == "pcx-0"
    assert len({*strings}) == 5
    assert "PEERING_CONNECTION_ID_US_EAST_1_EU_WEST_1=pcx-2" in formatted(outputs, "env", EAST).splitlines()


@pytest.mark.parametrize("region", [EAST, WEST])
def test_flat_names_one_regions_bucket_first(region: str) -> None:
    outputs = collect("s", "a", (EAST, WEST), found(EAST, WEST))
    strings = flat(outputs, region)
    assert next(iter(strings.items())) == ("bucket_name", f"bucket/logs-of-{region}")
    assert strings["bucket_name_us_west_2"] == f"bucket/logs-of-{WEST}"
    assert all(isinstance(value, str) for value in strings.values())
    assert len(strings) == 3 + 2 * len(OUTPUTS)


def test_every_form_says_the_same() -> None:
    outputs = collect("s", "a", (EAST,), found(EAST, DNSName="it's $HOME"))
    strings = flat(outputs, EAST)
    assert json.loads(formatted(outputs, "json", EAST)) == outputs
    assert json.loads(formatted(outputs, "flat", EAST)) == strings
    github = formatted(outputs, "github", EAST).splitlines()
    assert dict(line.split("=", 1) for line in github) == strings
    script = formatted(outputs, "env", EAST) + "\nprintf %s \"$LOAD_BALANCER_DNS_NAME_US_EAST_1\""
    assert subprocess.check_output(["sh", "-eu", "-c", script], text=True) == "it's $HOME"
    assert len(formatted(outputs, "env", EAST).splitlines()) == len(strings)
