"""What AWS's words quote, and nobody is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from tapctl.explain import problem
from tapctl.hush import hiding, hushed
from tapctl.model import Hidden
from tests.memory import refusal

TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ=="
CANONICAL = (f"The Canonical String for this request should have been\n'POST\n/\n\nhost:sts.amazonaws.com\n"
             f"x-amz-date:20261129T000000Z\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-date\n'")
URL = (f"https://rds.us-east-1.amazonaws.com/?Action=CreateDBInstanceReadReplica&X-Amz-Security-Token={TOKEN}"
       "&X-Amz-Signature=0123abcd&X-Amz-Expires=3600")


@pytest.mark.parametrize(("said", "shown"), [
    ("The request signature we calculated does not match", "The request signature we calculated does not match"),
    (CANONICAL, CANONICAL.replace(TOKEN, "(hidden)")),
    (f"PreSignedUrl {URL} is not valid",
     f"PreSignedUrl {URL.replace(TOKEN, '(hidden)').replace('0123abcd', '(hidden)')} is not valid"),
    ("X-Amz-Signature%3D0123", "X-Amz-Signature%3D(hidden)"),
    ("SignedHeaders=host, Signature=0123, Date", "SignedHeaders=host, Signature=(hidden), Date")], ids=str)
def test_what_signs_a_request_is_not_shown(said: str, shown: str) -> None:
    assert hushed(said) == shown


@pytest.mark.parametrize("error", [refusal("SignatureDoesNotMatch", CANONICAL), refusal("InvalidParameterValue", URL),
                                   ParamValidationError(report=URL)], ids=lambda error: str(type(error).__name__))
def test_nor_in_what_a_user_is_told(error: Exception) -> None:
    told = " ".join(problem(error))
    assert "(hidden)" in told
    assert TOKEN not in told
    assert "0123abcd" not in told


@pytest.mark.parametrize("secret", ["s3cret", ""])
@pytest.mark.parametrize("refused", [lambda: refusal("InvalidParameterValue", "'s3cret' is too short"),
                                     lambda: ParamValidationError(report="value: s3cret")], ids=["AWS", "botocore"])
def test_a_secret_is_taken_out_of_what_a_call_raises(
        refused: Callable[[], ClientError | BotoCoreError], secret: str) -> None:
    with pytest.raises((ClientError, BotoCoreError)) as raised, hiding(secret):
        raise refused()
    told = f"{raised.value!r} {raised.value} {problem(raised.value)}"
    assert ("s3cret" in told) is not bool(secret)


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError, match="s3cret"), hiding("s3cret"):
        raise KeyError("s3cret")


def test_a_hidden_text_is_compared_and_not_shown() -> None:
    hidden = Hidden("token=1")
    assert hidden == "token=1"
    assert repr({"UserData": hidden}) == "{'UserData': (7 characters, sha256 212b674c)}"
