"""Errors as the user reads them."""

from __future__ import annotations

import pytest

from tapctl.errors import ConfigurationError, Exit, Interrupted, TapctlError, Terminated, UsageError


@pytest.mark.parametrize(("reason", "mend", "lines"), [
    ("", "", ["what"]), ("why", "", ["what", "reason: why"]), ("", "so", ["what", "mend: so"]),
    ("why", "so", ["what", "reason: why", "mend: so"])])
def test_a_line_a_part(reason: str, mend: str, lines: list[str]) -> None:
    error = TapctlError("what", reason=reason, mend=mend)
    assert error.lines() == lines
    assert str(error) == "what"


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    error = TapctlError("no \x1b[2Jit", reason="one\n  two\r\nthree\udcff", mend="É ✓")
    assert error.lines() == ["no \\x1b[2Jit", "reason: one two three\\udcff", "mend: É ✓"]


def test_each_has_its_exit_code() -> None:
    kinds = TapctlError, UsageError, ConfigurationError, Interrupted, Terminated
    codes = {kind: kind("x").exit_code for kind in kinds}
    assert codes == {TapctlError: 1, UsageError: 2, ConfigurationError: 3, Interrupted: 130, Terminated: 143}
    assert all(isinstance(code, Exit) for code in codes.values())
