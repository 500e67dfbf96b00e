"""AWS's service models are read into plain dictionaries."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader

from tapctl.aws import Models, Services, connect

DATA = Path(botocore.__file__).parent / "data"


@pytest.mark.parametrize("file", ["endpoints", "kms/2014-11-01/service-2", "kms/2014-11-01/paginators-1", "nothing"])
def test_the_same_as_botocore_reads(file: str) -> None:
    """Plain, packed, and not there; in the same order."""
    ours, theirs = Models().load_file(str(DATA / file)), JSONFileLoader().load_file(str(DATA / file))
    assert ours == theirs
    assert type(ours) is (dict if theirs else type(None))
    assert list(ours or ()) == list(theirs or ())


def test_clients_are_made_from_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    loader = connect().session._session.get_component("data_loader")
    assert isinstance(loader, Services)
    assert isinstance(loader.file_loader, Models)
    assert loader.search_paths[:3] == [str(tmp_path), Loader.CUSTOMER_DATA_PATH, Loader.BUILTIN_DATA_PATH]


def test_services_are_known_by_their_directories(tmp_path: Path) -> None:
    """Where botocore's own list them by their files: what is there is found alike, what isn't is refused alike."""
    (tmp_path / "mine" / "2026-01-01").mkdir(parents=True)
    (tmp_path / "mine" / "2026-01-01" / "service-2.json").write_text('{"metadata": {}}')
    ours, theirs = (loader([str(tmp_path), str(tmp_path / "absent")]) for loader in (Services, Loader))
    assert {*theirs.list_available_services("service-2")} <= {*ours.list_available_services("service-2")}
    for service in "mine", "kms":
        assert ours.load_service_model(service, "service-2") == theirs.load_service_model(service, "service-2")
    for service in "mine", "absent":
        for loader in ours, theirs:
            with pytest.raises(DataNotFoundError):
                loader.load_service_model(service, "paginators-1")
