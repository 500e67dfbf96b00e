"""Other people's errors, as tapctl's: what AWS and botocore said, and the mend where there is a well-known one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from errno import EDQUOT, ENOSPC
from textwrap import shorten

from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from tapctl.errors import ConfigurationError, TapctlError
from tapctl.events import Problem
from tapctl.genuine import NotAws
from tapctl.hush import hushed
from tapctl.known import recognised
from tapctl.model import Blocked, Failed, Kept, Refused
from tapctl.naming import home, partition_of
from tapctl.reconnect import Away
from tapctl.waiting import code, message

FRESH = "get new ones, such as by `aws sso login`, and run the same command again: it goes on from there"
ELSE = "check AWS_ENDPOINT_URL where it is set, proxy settings, and whether the network wants a login first"
CREDENTIALS = "point AWS_PROFILE or the AWS_* variables at working ones; `aws sts get-caller-identity` tests them"
BAD_CREDENTIALS = frozenset((
    "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
    "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
))
ELSEWHERE = (Away, NotAws, ResponseParserError)
NO_CREDENTIALS: tuple[type[sdk.BotoCoreError], ...] = (
    sdk.NoCredentialsError, sdk.PartialCredentialsError, sdk.CredentialRetrievalError, sdk.SSOError,
    sdk.TokenRetrievalError, sdk.LoginError)
#: botocore's errors before AWS has answered, what they mean, and the mend. The first that fits.
MEANT: tuple[tuple[tuple[type[sdk.BotoCoreError], ...], str, str], ...] = (
    ((Away,), "AWS has not been reached since {since}",
     "check the network, then run the same command again: it goes on from there"),
    ((NotAws,), "what answers for {service} is not AWS", ELSE),
    (NO_CREDENTIALS, "there are no usable AWS credentials", CREDENTIALS),
    ((sdk.ProfileNotFound,), "there is no AWS profile {profile}",
     "correct or unset AWS_PROFILE (or AWS_DEFAULT_PROFILE); `aws configure list-profiles` lists those that there are"),
    ((sdk.ConfigParseError, sdk.ConfigNotFound, sdk.InvalidConfigError), "the AWS configuration is not usable",
     "check AWS_PROFILE, ~/.aws/config and ~/.aws/credentials"),
    ((sdk.InvalidDefaultsMode, sdk.InvalidSTSRegionalEndpointsConfigError, sdk.InvalidChecksumConfigError,
      sdk.InvalidRetryConfigurationError, sdk.InvalidIMDSEndpointError, sdk.InvalidIMDSEndpointModeError,
      sdk.InvalidProxiesConfigError, sdk.InvalidEndpointConfigurationError),
     "a setting of AWS's SDK is not usable", "correct or unset the AWS_* variable or the key in ~/.aws/config"),
    ((sdk.ProxyConnectionError,), "the proxy {proxy_url} can't be reached",
     "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"),
    ((sdk.SSLError,), "what answers at {endpoint_url} can't be trusted to be AWS",
     "let AWS_CA_BUNDLE name the certificates of a proxy that is trusted; check AWS_ENDPOINT_URL where it is set"),
    ((sdk.HTTPClientError, sdk.ConnectionError), "AWS can't be reached",
     "check the network, HTTPS_PROXY, AWS_CA_BUNDLE, and AWS_ENDPOINT_URL where it is set"),
    ((sdk.InvalidRegionError, sdk.NoRegionError, sdk.UnknownEndpointError), "a region is not usable",
     "check regions in config.toml"),
)
FULL = (ENOSPC, EDQUOT)
MOST = 300  # characters of an error's own words
#: What a region answers that the account has not enabled, though it has others.
NOT_HERE = frozenset(("AuthFailure", "InvalidClientTokenId", "OptInRequired", "RegionDisabledException",
                      "UnrecognizedClientException"))
EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "RequestExpired"))  # the last is EC2's word for it
CLOCK_SKEW = frozenset(("InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"))


def as_error(error: Exception) -> TapctlError | None:
    """The error in tapctl's form; None: it is none that a user can meet, but a defect."""
    if isinstance(error, TapctlError):
        return error
    if full(error):
        return TapctlError("the output can't be written any further", reason=str(error),
                           mend="make room where it goes, and run the same command again")
    if isinstance(error, sdk.ClientError):
        region = str(error.response.get("Error", {}).get("Region", ""))  # aws.Calls puts it there
        if code(error) in NOT_HERE and region and region != home(partition_of(region)):
            return ConfigurationError(f"AWS does not accept these credentials in {region}", reason=told(error), mend=(
                f"if it does elsewhere, {enabling(region)}; else {CREDENTIALS}"))
        if code(error) in BAD_CREDENTIALS:
            clock = "; is this machine's clock right?" if code(error) in CLOCK_SKEW else ""
            return ConfigurationError("AWS does not accept these credentials", reason=told(error),
                                      mend=(FRESH if code(error) in EXPIRED else CREDENTIALS) + clock)
        known = recognised(code(error), message(error))
        return TapctlError(f"AWS refused {error.operation_name}", reason=told(error), mend=known.mend if known else "")
    for kinds, what, mend in MEANT:
        if isinstance(error, kinds):
            return ConfigurationError(what.format(**error.kwargs), reason=shorten(hushed(str(error)), MOST), mend=mend)
    if isinstance(error, ResponseParserError):  # it quotes the whole page that came instead
        return ConfigurationError("what answers is not AWS", reason=shorten(hushed(str(error)), MOST), mend=ELSE)
    if isinstance(error, sdk.BotoCoreError):
        return TapctlError("an AWS call could not be made", reason=shorten(hushed(str(error)), MOST))
    return None


def hopeless(error: Exception) -> bool:
    """Whether any other call would meet it too: the credentials are good no more, AWS isn't there, or nothing of it
    can be told."""
    return isinstance(error, (*NO_CREDENTIALS, *ELSEWHERE)) or full(error) or (
        isinstance(error, sdk.ClientError) and code(error) in BAD_CREDENTIALS)


def full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def cut_short(error: Exception) -> TapctlError:
    """The error of a run that a hopeless one has ended half-way."""
    known = as_error(error)
    assert known is not None
    kind = ConfigurationError if isinstance(known, ConfigurationError) else TapctlError
    return kind(f"{known.message}: the run ended half-way, and what was begun stands as it is",
                              reason=known.reason, mend=known.mend)


def enabling(region: str) -> str:
    """The mend where the account has not enabled a region."""
    return f"aws account enable-region --region-name {region}, or leave it out of regions in config.toml"


def told(error: sdk.ClientError) -> str:
    """AWS's code and words, and the id that its support asks for."""
    request = request_id(error)
    return f"{code(error)}: {message(error)}" + (f" (request {request})" if request else "")


def problem(error: Exception) -> tuple[str, str]:
    """(what went wrong with one resource, the mend or nothing), in a line each."""
    known = as_error(error)
    if known is None:
        told = isinstance(error, Failed | Refused | Blocked | Kept)  # in words meant for people; others say less
        return str(error) if told else f"{type(error).__name__}: {error}", ""
    return ": ".join(_said(known)), known.mend


def failed(key: str, error: Exception, blocks: Sequence[str] = ()) -> Problem:
    """What went wrong with one resource, all that is known of it. blocks: the keys of what was not done for that."""
    said, mend = problem(error)
    refused = error if isinstance(error, sdk.ClientError) else None
    known = recognised(code(refused), message(refused)) if refused else recognised("", said)
    return Problem(
        key, said, mend or (known.mend if known else ""), cause=known.cause if known else "", blocks=tuple(blocks),
        operation=operation(refused) if refused else "", code=code(refused) if refused else "",
        request=request_id(refused) if refused else "")


def operation(error: sdk.ClientError) -> str:
    """As in "rds:CreateDBInstance"; aws.Calls puts the service there."""
    service = str(error.response.get("Error", {}).get("Service", ""))
    return f"{service}:{error.operation_name}" if service else error.operation_name


def request_id(error: sdk.ClientError) -> str:
    return str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))


def _said(error: TapctlError) -> Iterator[str]:
    yield error.message
    if error.reason:
        yield error.reason
