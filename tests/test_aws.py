"""Clients, and whose the credentials are."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl import __version__
from tapctl.aws import Calls, Cloud, Connections, Models, attempts, connect, endpoint, strange_endpoints
from tests.memory import EAST, PLACE, WEST

AWS_ITSELF = "https://sts.us-east-1.amazonaws.com"
ARN = "arn:aws:sts::123456789012:assumed-role/deploy/me"


class Session:
    """boto3's, and intolerant of two threads in client() as that is."""

    def __init__(self, url: str = AWS_ITSELF, caller: Any = None) -> None:
        self.url, self.caller = url, caller
        self.made: list[tuple[str, str, Any]] = []
        self.inside = False
        self.events = SimpleNamespace(register_first=lambda *_: None, register_last=lambda *_: None)

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        assert not self.inside
        self.inside = True
        sleep(0.001)  # another thread would come in by now
        if self.url == "nonsense":
            raise ValueError("Invalid endpoint: nonsense")
        self.made.append((service, region_name, config))
        self.inside = False
        return SimpleNamespace(meta=SimpleNamespace(endpoint_url=self.url), get_caller_identity=lambda: self.caller)


def connections(*args: Any, run: str = "") -> Any:
    return Connections(Session(*args), run)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of AWS but the test's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))


# ---------------------------------------------------------------- clients
def test_there_is_one_client_a_service_and_region_whoever_asks() -> None:
    wires, threads = connections(), 12
    start = Barrier(threads)
    asked = [(service, region) for service in ("ec2", "s3") for region in (EAST, WEST)] * (threads // 4)

    def ask(what: tuple[str, str]) -> Any:
        start.wait(5)
        return wires.client(*what)

    with ThreadPoolExecutor(threads) as pool:
        clients = list(pool.map(ask, asked))
    assert sorted((service, region) for service, region, _ in wires.session.made) == sorted(set(asked))
    for what, client in zip(asked, clients, strict=True):
        assert wires.client(*what) is client
    assert len({id(client) for client in clients}) == 4


def test_a_call_is_repeated_unless_it_must_not_be() -> None:
    wires = connections()
    assert wires.client("ec2", EAST) is not wires.client("ec2", EAST, repeat=False)
    retries = [config.retries for _, _, config in wires.session.made]
    assert retries == [{"mode": "standard", "total_max_attempts": 8}, {"mode": "standard", "total_max_attempts": 1}]


def test_the_first_call_soon_tells_whether_aws_can_be_reached() -> None:
    assert attempts("sts") < attempts("ec2")


def test_a_client_says_who_calls_and_waits_within_bounds() -> None:
    for run, agent in (("", f"tapctl/{__version__}"), ("r1", f"tapctl/{__version__} run/r1")):
        wires = connections(run=run)
        wires.client("ec2", EAST)
        config = wires.session.made[0][2]
        assert config.user_agent_extra == agent
        assert (config.connect_timeout, config.read_timeout) == (10, 60)


@pytest.mark.parametrize(("variables", "style"), [
    ({}, None),
    ({"AWS_ENDPOINT_URL": "http://localhost:5000"}, {"addressing_style": "path"}),
    ({"AWS_ENDPOINT_URL_S3": "http://localhost:5000"}, {"addressing_style": "path"}),
    ({"AWS_ENDPOINT_URL_EC2": "http://localhost:5000"}, None),
])
def test_buckets_are_in_the_path_only_where_an_endpoint_is_named(
        variables: dict[str, str], style: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    wires = connections()
    wires.client("s3", EAST)
    assert wires.session.made[0][2].s3 == style


def test_a_services_own_endpoint_goes_before_the_general_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoint("resource-groups") == ""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all")
    assert endpoint("resource-groups") == "http://all"
    monkeypatch.setenv("AWS_ENDPOINT_URL_RESOURCE_GROUPS", "http://one")
    assert endpoint("resource-groups") == "http://one"


def test_a_cloud_is_one_stack_in_one_region() -> None:
    wires = connections()
    here = Cloud(PLACE, wires)
    there = here.at(WEST)
    assert here.at(EAST) is here
    assert (there.place, there.connections) == (PLACE.at(WEST), wires)
    assert here.client("ec2") is wires.client("ec2", EAST)
    assert there.client("ec2") is wires.client("ec2", WEST)
    assert there.client("ec2", repeat=False) is wires.client("ec2", WEST, False)


# ---------------------------------------------------------------- the machine's configuration
def test_connections_are_on_the_machines_own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    wires = connect("r1")
    sts = wires.client("sts", EAST)
    assert sts.meta.region_name == EAST
    assert sts.meta.endpoint_url == AWS_ITSELF
    assert wires.session.get_credentials().access_key == "key"
    assert wires.agent.endswith(" run/r1")
    assert isinstance(wires.session._session.get_component("data_loader").file_loader, Models)


def test_models_are_read_packed_or_not(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text('{"b": 1, "a": "é"}', encoding="utf-8")
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(json.dumps({"b": 1, "a": "é"}).encode()))
    for name in ("plain", "packed"):
        model = Models().load_file(str(tmp_path / name))
        assert type(model) is dict
        assert list(model.items()) == [("b", 1), ("a", "é")]
    assert Models().load_file(str(tmp_path / "neither")) is None


# ---------------------------------------------------------------- endpoints that are not AWS's
def of_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Connections:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://b")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://a")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "")
    wires: Connections = connections()
    return wires


def of_the_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Connections:
    wires: Connections = connections("http://evil.example/amazonaws.com")
    return wires


def of_a_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Connections:
    (tmp_path / "AWS_CONFIG_FILE").write_text(
        "[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://s3.mine\nec2 =\n  use_fips = true\n"
        "[services others]\ns3 =\n  endpoint_url = http://s3.others\n")
    wires: Connections = connections()
    return wires


@pytest.mark.parametrize(("of", "named"), [
    (of_variables, "http://a, http://b"), (of_the_client, "http://evil.example/amazonaws.com"),
    (of_a_profile, "http://s3.mine")])
def test_endpoints_that_are_not_awss_are_named(
        of: Callable[[pytest.MonkeyPatch, Path], Connections], named: str, monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path) -> None:
    assert strange_endpoints(of(monkeypatch, tmp_path), EAST) == named


@pytest.mark.parametrize("url", [
    AWS_ITSELF, "https://sts.cn-north-1.amazonaws.com.cn", "https://sts.us-east-1.api.aws",
    "https://sts.eusc-de-east-1.amazonaws.eu"])
def test_awss_own_endpoints_are_not_strange(url: str) -> None:
    assert strange_endpoints(connections(url), EAST) == ""


@pytest.mark.parametrize("url", ["http://localhost:5000", "https://amazonaws.com.example", "nothing"])
def test_whatever_else_answers_is(url: str) -> None:
    assert strange_endpoints(connections(url), EAST) == url


# ---------------------------------------------------------------- what is called
def test_calls_are_counted_in_all_and_by_thread() -> None:
    listeners: list[tuple[str, Any]] = []
    session: Any = SimpleNamespace(events=SimpleNamespace(register_last=lambda *pair: listeners.append(pair)))
    calls = Calls(session)
    ((event, answered),) = listeners
    model = SimpleNamespace(name="DescribeDBInstances", service_model=SimpleNamespace(service_name="rds"))

    def ask() -> None:
        answered(model=model, context={"client_region": EAST}, parsed={}, http_response=None)

    with calls.counted() as own:
        ask()
        with ThreadPoolExecutor(1) as other:
            other.submit(ask).result()
    ask()
    assert event == "after-call"
    assert own == {f"rds:DescribeDBInstances:{EAST}": 1}
    assert calls.total == {f"rds:DescribeDBInstances:{EAST}": 3}
