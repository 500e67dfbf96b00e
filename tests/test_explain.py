"""What AWS and botocore say, in tapctl's words."""

from __future__ import annotations

from errno import EISDIR, ENOSPC
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Problem
from tapctl.explain import (
    BAD_CREDENTIALS,
    CLOCK_SKEW,
    CREDENTIALS,
    EXPIRED,
    FRESH,
    NOT_HERE,
    as_error,
    cut_short,
    enabling,
    failed,
    hopeless,
    problem,
)
from tapctl.genuine import NotAws
from tapctl.known import KNOWN, Known, recognised
from tapctl.model import Blocked, Failed, Kept, Refused
from tapctl.reconnect import Away

URL = "https://sts.us-east-1.amazonaws.com"


def refused(code: str, message: str = "not you", request: str = "", region: str = "") -> sdk.ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message, "Region": region},
                   "ResponseMetadata": {"RequestId": request}}
    return sdk.ClientError(answer, "CreateDBInstance")


def explained(error: Exception) -> TapctlError:
    known = as_error(error)
    assert known is not None
    return known


@pytest.mark.parametrize("code", sorted(BAD_CREDENTIALS))
def test_bad_credentials(code: str) -> None:
    known = explained(refused(code, request="c0ffee"))
    assert isinstance(known, ConfigurationError)
    assert known.lines()[:2] == [
        "AWS does not accept these credentials", f"reason: {code}: not you (request c0ffee)"]
    assert known.mend.startswith(FRESH if code in EXPIRED else CREDENTIALS)
    assert ("clock" in known.mend) is (code in CLOCK_SKEW)


@pytest.mark.parametrize("code", sorted(NOT_HERE))
def test_bad_credentials_in_a_region(code: str) -> None:
    """Which may just not be enabled; the home of a partition always is."""
    known = explained(refused(code, region="af-south-1"))
    assert isinstance(known, ConfigurationError)
    assert known.message == "AWS does not accept these credentials in af-south-1"
    assert enabling("af-south-1") in known.mend
    assert CREDENTIALS in known.mend
    assert "us-east-1" not in explained(refused(code, region="us-east-1")).message


@pytest.mark.parametrize("known", KNOWN)
def test_what_aws_refuses(known: Known) -> None:
    for one in known.codes:
        if " " not in one:
            told = explained(refused(one, f"not you: {known.saying}"))
            assert type(told) is TapctlError
            assert (told.message, told.reason) == ("AWS refused CreateDBInstance", f"{one}: not you: {known.saying}")
            assert told.mend
            assert recognised(one, known.saying) is not None


def test_what_is_not_well_known() -> None:
    assert explained(refused("InvalidParameterValue")).mend == ""
    assert recognised("", "an alarm that is called LimitExcess") is None


@pytest.mark.parametrize(("code", "message", "cause"), [
    ("AccessDenied", "no identity-based policy allows the action", "whoever runs tapctl is not allowed to do it"),
    ("AccessDenied", "with an explicit deny in a service control policy", "a policy of the organization forbids it"),
    ("UnauthorizedOperation", "with an explicit deny in an identity-based policy", "denies it by name"),
    ("AccessDeniedException", "no permissions boundary allows the action", "the permissions boundary"),
    ("VpcEndpointLimitExceeded", "", "a quota of the account is used"),
    # what Auto Scaling's activities say, where there is no code
    ("", "We currently do not have sufficient t3.medium capacity in the Availability Zone", "AWS has no room"),
    ("", "You have requested more vCPU capacity than your current vCPU limit of 32 allows", "quota of vCPUs"),
    ("", "Client.InternalError: Client error on launch", "the instance's volume could not be encrypted"),
    ("", "Your requested instance type (t3) is not supported in your requested Availability Zone", "not offered"),
])
def test_the_likely_cause(code: str, message: str, cause: str) -> None:
    known = recognised(code, message)
    assert known is not None
    assert cause in known.cause


def test_a_failure_has_all_that_is_known_of_it() -> None:
    error = refused("KMSKeyNotAccessibleFault", "the key", request="c0ffee", region="us-east-1")
    error.response["Error"]["Service"] = "rds"  # type: ignore[typeddict-unknown-key]
    told = failed("us-east-1/database", error, ["us-west-2/database"])
    assert (told.key, told.operation, told.code, told.request, told.blocks) == (
        "us-east-1/database", "rds:CreateDBInstance", "KMSKeyNotAccessibleFault", "c0ffee", ("us-west-2/database",))
    assert told.message == "AWS refused CreateDBInstance: KMSKeyNotAccessibleFault: the key (request c0ffee)"
    assert told.cause.startswith("the key is disabled")
    assert "tapctl up" in told.mend

    assert failed("k", refused("Why")).operation == "CreateDBInstance"
    told = failed("k", Failed("Launching: InsufficientInstanceCapacity"))
    assert (told.message, told.code, told.cause[:15]) == (
        "Launching: InsufficientInstanceCapacity", "", "AWS has no room")
    assert failed("k", Failed("no"), []) == Problem("k", "no")


@pytest.mark.parametrize(("error", "message"), [
    (sdk.NoCredentialsError(), "there are no usable AWS credentials"),
    (sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
     "there are no usable AWS credentials"),
    (sdk.CredentialRetrievalError(provider="process", error_msg="gone"), "there are no usable AWS credentials"),
    (sdk.SSOTokenLoadError(error_msg="gone"), "there are no usable AWS credentials"),
    (sdk.TokenRetrievalError(provider="sso", error_msg="gone"), "there are no usable AWS credentials"),
    (sdk.LoginRefreshRequired(), "there are no usable AWS credentials"),
    (sdk.ProfileNotFound(profile="nobody"), "there is no AWS profile nobody"),
    (sdk.ConfigParseError(path="~/.aws/config"), "the AWS configuration is not usable"),
    (sdk.ConfigNotFound(path="~/.aws/config"), "the AWS configuration is not usable"),
    (sdk.InvalidConfigError(error_msg="loop"), "the AWS configuration is not usable"),
    (sdk.EndpointConnectionError(endpoint_url=URL), "AWS can't be reached"),
    (sdk.ConnectTimeoutError(endpoint_url=URL), "AWS can't be reached"),
    (sdk.ReadTimeoutError(endpoint_url=URL), "AWS can't be reached"),
    (sdk.ConnectionClosedError(endpoint_url=URL), "AWS can't be reached"),
    (sdk.ProxyConnectionError(proxy_url="http://proxy"), "the proxy http://proxy can't be reached"),
    (sdk.SSLError(endpoint_url=URL, error=OSError("self-signed certificate")),
     f"what answers at {URL} can't be trusted to be AWS"),
    (sdk.InvalidDefaultsMode(mode="x", valid_modes="y"), "a setting of AWS's SDK is not usable"),
    (sdk.InvalidRegionError(region_name="no where"), "a region is not usable"),
    (sdk.NoRegionError(), "a region is not usable"),
    (sdk.UnknownEndpointError(service_name="sts", region_name="nowhere"), "a region is not usable"),
])
def test_before_aws_is_reached(error: Exception, message: str) -> None:
    known = explained(error)
    assert isinstance(known, ConfigurationError)
    assert (known.message, known.reason) == (message, str(error))
    assert known.mend


@pytest.mark.parametrize(("error", "message", "kind"), [
    (sdk.ParamValidationError(report="Unknown parameter"), "an AWS call could not be made", TapctlError),
    (ResponseParserError("invalid XML received: " + "<p> " * 999), "what answers is not AWS", ConfigurationError)])
def test_what_is_not_understood(error: Exception, message: str, kind: type[TapctlError]) -> None:
    known = explained(error)
    assert type(known) is kind
    assert known.message == message
    assert known.reason[:20] == str(error)[:20]
    assert len(known.reason) <= 300
    assert ("AWS_ENDPOINT_URL" in known.mend) is (kind is ConfigurationError)


def test_what_any_other_call_would_meet_too() -> None:
    ended: list[Exception] = [refused("ExpiredToken"), refused("RequestTimeTooSkewed"),
                              sdk.CredentialRetrievalError(provider="sso", error_msg="gone"),
                              ResponseParserError("<p>"), NotAws(service="dynamodb", operation="ListTables", said=""),
                              Away(since="14:03:07 UTC", error=sdk.EndpointConnectionError(endpoint_url=URL))]
    for error in ended:
        assert hopeless(error)
        assert explained(error).message in cut_short(error).message
        assert cut_short(error).exit_code is Exit.CONFIGURATION
    its_own: list[Exception] = [refused("AccessDenied"), sdk.EndpointConnectionError(endpoint_url=URL), KeyError("no")]
    assert not any(map(hopeless, its_own))


def test_a_full_disk_is_no_defect() -> None:
    known = explained(OSError(ENOSPC, "No space left on device"))
    assert type(known) is TapctlError
    assert known.lines()[1:] == ["reason: [Errno 28] No space left on device",
                                 "mend: make room where it goes, and run the same command again"]
    assert as_error(OSError(EISDIR, "Is a directory")) is None
    assert hopeless(OSError(ENOSPC, "No space left on device"))
    assert cut_short(OSError(ENOSPC, "No space left on device")).exit_code is Exit.FAILED


def test_tapctls_own_stay_as_they_are_and_defects_are_no_errors() -> None:
    own = UsageError("no")
    assert as_error(own) is own
    assert as_error(KeyError("Status")) is None


@pytest.mark.parametrize(("error", "told"), [
    (refused("AccessDenied"), ("AWS refused CreateDBInstance: AccessDenied: not you",
                               "allow this action to whoever runs tapctl: docs/permissions.md has the whole policy")),
    (UsageError("no environment is named", mend="give --env"), ("no environment is named", "give --env")),
    (Failed("it is in state failed"), ("it is in state failed", "")),
    (Refused("size: it can't shrink"), ("size: it can't shrink", "")),
    (Blocked("its replica"), ("its replica", "")),
    (Kept("a snapshot needs it"), ("a snapshot needs it", "")),
    (KeyError("Status"), ("KeyError: 'Status'", "")),
])
def test_of_one_resource(error: Exception, told: tuple[str, str]) -> None:
    assert problem(error) == told
