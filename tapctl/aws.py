"""AWS itself: clients and retries.

Credentials, profiles and endpoints are botocore's business and are never resolved here.
"""

from __future__ import annotations

import gzip
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock, local
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.utils import is_valid_endpoint_url
from pydantic_core import from_json

from tapctl import __version__
from tapctl.errors import ConfigurationError
from tapctl.genuine import Genuine
from tapctl.naming import Place
from tapctl.reconnect import Reconnect
from tapctl.recorder import Recorder, changes

# botocore/data/partitions.json: what every endpoint of AWS ends in
SUFFIXES = (".amazonaws.com", ".api.aws", ".amazonaws.com.cn", ".api.amazonwebservices.com.cn", ".amazonaws.eu",
            ".api.amazonwebservices.eu", ".ic.gov", ".sgov.gov", ".api.aws.scloud", ".adc-e.uk")
THROTTLE = 120.0  # seconds for which a call that is sent once only is sent again all the same, if it is throttled
THROTTLED = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown")


class Calls:
    """How often AWS has answered each operation, as "rds:DescribeDBInstances:us-east-1", in all and in one thread."""

    def __init__(self, session: boto3.Session) -> None:
        self.total: Counter[str] = Counter()
        self._lock, self._thread = Lock(), local()
        session.events.register_last("after-call", self._answered)

    def _answered(self, model: Any, context: Any, parsed: Any, **_: Any) -> None:
        if "Error" in parsed:
            parsed["Error"] |= {"Region": context["client_region"], "Service": model.service_model.service_name}
        name = f"{model.service_model.service_name}:{model.name}:{context['client_region']}"
        with self._lock:
            self.total[name] += 1
        if counter := getattr(self._thread, "counter", None):
            counter(name)

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """What this thread calls meanwhile."""
        counts: Counter[str] = Counter()
        self._thread.counter = lambda name: counts.update((name,))
        try:
            yield counts
        finally:
            self._thread.counter = None


class Guard:
    """Asked before each call that changes something of the stack; what it raises is raised where the call is made."""

    def __init__(self, session: boto3.Session) -> None:
        self.ask: Callable[[], None] | None = None
        session.events.register_first("before-call", self._calling)

    def _calling(self, model: Any, **_: Any) -> None:
        if self.ask and changes(model):
            self.ask()


class Connections:
    """One client per service and region, made when first asked for.

    Making a client isn't thread-safe, using one is. All share one session, so that a service's model is read once, and
    one thread makes them all: read in many, the models would be spread over as many of malloc's arenas, 16 MiB more.
    """

    def __init__(self, session: boto3.Session, run: str = "") -> None:
        self.session, self.run, self.maker = session, run, ThreadPoolExecutor(1, "clients")
        # before any client: each takes the session's listeners as they are when it is made
        self.calls, self.guard = Calls(session), Guard(session)
        self.recorder = Recorder(session)
        self.network = Reconnect(session)
        Genuine(session)
        self.clients: dict[tuple[str, str, bool], Any] = {}
        self.agent = f"tapctl/{__version__}" + (f" run/{run}" if run else "")

    def client(self, service: str, region: str, repeat: bool = True) -> Any:
        known = self.clients.get((service, region, repeat))
        return known or self.maker.submit(self._made, service, region, repeat).result()

    def _made(self, service: str, region: str, repeat: bool) -> Any:
        if (service, region, repeat) not in self.clients:  # else another thread asked at the same time
            self.clients[service, region, repeat] = self.session.client(
                service,
                region_name=region,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": attempts(service) if repeat else 1},
                    max_pool_connections=32,
                    user_agent_extra=self.agent,
                    connect_timeout=10,
                    read_timeout=60,
                    s3={"addressing_style": "path"} if endpoint(service) else None,
                ),
            )
        return self.clients[service, region, repeat]


def attempts(service: str) -> int:
    """How often a call is made at the most. The first calls go to STS and, of regions that the configuration doesn't
    name, to the tagging API: whether AWS can be reached there is soon told."""
    return 3 if service in ("sts", "resourcegroupstaggingapi") else 8


def endpoint(service: str) -> str:
    """The endpoint that the environment names for a service instead of AWS's own; empty if none."""
    variable = "AWS_ENDPOINT_URL_" + service.upper().replace("-", "_")
    return os.environ.get(variable) or os.environ.get("AWS_ENDPOINT_URL", "")


def strange_endpoints(connections: Connections, region: str) -> str:
    """Every endpoint in force that isn't AWS's own, by whatever way it was set; empty if there is none."""
    named = {*named_endpoints(botocore.session.get_session()).values()}
    used = str(connections.client("sts", region).meta.endpoint_url)
    if not (urlsplit(used).hostname or "").endswith(SUFFIXES):
        named.add(used)
    return ", ".join(sorted(named))


def named_endpoints(config: botocore.session.Session) -> dict[str, str]:
    """A variable, or a key of the AWS configuration -> the endpoint that it names.

    A profile may name one for all services, and a section of endpoints, one a service.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    if config.get_config_variable("ignore_configured_endpoint_urls"):
        return {}
    named = {name: url for name, url in os.environ.items() if name.startswith("AWS_ENDPOINT_URL") and url}
    profile = config.get_scoped_config()
    section = config.full_config.get("services", {}).get(profile.get("services"), {})
    for where, its in {"": profile, **section}.items():
        if isinstance(its, dict) and "endpoint_url" in its:
            named[f"{where} endpoint_url of profile {config.profile or 'default'}".strip()] = its["endpoint_url"]
    return named


def make_sure_of_endpoints(named: Mapping[str, str]) -> None:
    """Raises ConfigurationError: one is no address."""
    for name, url in named.items():
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and is_valid_endpoint_url(url) and parts.port != 0
        except ValueError:  # of brackets without end, and of ports that are none
            good = False
        if not good:
            raise ConfigurationError(f"{name} = {url!r} is no endpoint",
                                     reason="one is http:// or https://, a host, and perhaps a port",
                                     mend="correct it, such as to http://localhost:4566, or unset it")


@dataclass(frozen=True)
class Cloud:
    """tapctl.model.Aws: one stack's view of one region."""

    place: Place
    connections: Connections

    @property
    def run(self) -> str:
        return self.connections.run

    def client(self, service: str, *, repeat: bool = True) -> Any:
        return self.connections.client(service, self.place.region, repeat)

    def at(self, region: str) -> Cloud:
        return self if region == self.place.region else replace(self, place=self.place.at(region))


def connect(run: str = "", region: str | None = None) -> Connections:
    """Connections on the machine's own AWS configuration: profile, credentials and endpoints as everywhere.

    region: where credentials are asked for, if need be; None: where that configuration says.
    Raises ConfigurationError: an endpoint is no address. botocore's errors: the configuration can't be read.
    """
    core = light()
    paths = core.get_component("data_loader").search_paths
    core.register_component("data_loader", Services(paths, Models(), include_default_search_paths=False))
    make_sure_of_endpoints(named_endpoints(core))
    return Connections(boto3.Session(botocore_session=core, region_name=region), run)


def light() -> botocore.session.Session:
    """botocore's session, whose clients get the emitter of events itself: the session's own looks at each event's name
    for what services were called once, which takes a fifteenth of a run with nothing to change."""
    emitter = HierarchicalEmitter()
    session = botocore.session.Session(event_hooks=emitter)
    session.register_component("event_emitter", emitter)
    return session


class Services(Loader):
    """Knows a service by its directory. botocore's looks into all 400 for each type of file, to list those that have
    it, in every run. Of one that hasn't, DataNotFoundError tells, as it does of a version."""

    def list_available_services(self, type_name: str) -> list[str]:
        return self.directories

    @cached_property
    def directories(self) -> list[str]:
        return sorted({name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)})


class Models(JSONFileLoader):
    """Reads AWS's service models into plain dictionaries, which keep their order as well as botocore's OrderedDict.

    Of the models that a run reads, that is 15 MiB less memory and a fifth less CPU time; and pydantic's parser is the
    quicker one.
    """

    def load_file(self, file_path: str) -> Any:
        """What stands in FILE.json or FILE.json.gz; None: neither is there."""
        for path, read in ((Path(f"{file_path}.json"), Path.read_bytes), (Path(f"{file_path}.json.gz"), unpacked)):
            if path.is_file():
                return from_json(read(path))
        return None


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())
