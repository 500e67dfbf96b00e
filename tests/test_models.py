"""AWS's service models are read into plain dictionaries."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import JSONFileLoader

from tapctl.aws import Models, connect

DATA = Path(botocore.__file__).parent / "data"


@pytest.mark.parametrize("file", ["endpoints", "kms/2014-11-01/service-2", "kms/2014-11-01/paginators-1", "nothing"])
def test_the_same_as_botocore_reads(file: str) -> None:
    """Plain, packed, and not there; in the same order."""
    ours, theirs = Models().load_file(str(DATA / file)), JSONFileLoader().load_file(str(DATA / file))
    assert ours == theirs
    assert type(ours) is (dict if theirs else type(None))
    assert list(ours or ()) == list(theirs or ())


def test_clients_are_made_from_them() -> None:
    loader = connect().session._session.get_component("data_loader")
    assert isinstance(loader.file_loader, Models)
