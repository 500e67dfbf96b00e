"""The package's face: what it says of itself is so."""

from __future__ import annotations

from importlib.metadata import version

import tapctl


def test_the_version_is_the_installed_one() -> None:
    assert version("tapctl") == tapctl.__version__
