"""What tests of corrections are written with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tapctl.emulator.correction import Corrected


def proves(*corrections: Corrected) -> pytest.MarkDecorator:
    """The test proves these: it passes on the emulator and fails on plain moto, which is asserted (see conftest)."""
    return pytest.mark.proves.with_args(*corrections)


@contextmanager
def refused(code: str, words: str = "") -> Iterator[None]:
    """The call is refused with just this code, and a message that has these words."""
    with pytest.raises(ClientError) as raised:
        yield
    error = raised.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]
