"""Whose credentials these are: had from wherever botocore gets them, and of an account that is allowed; else what is
wrong with them, or with what answers in AWS's place.

Where credentials are looked for, and how they are renewed, is botocore's business.
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from textwrap import shorten

import boto3
import botocore.session
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from tapctl.aws import Connections
from tapctl.errors import ConfigurationError, TapctlError
from tapctl.explain import BAD_CREDENTIALS, CREDENTIALS, ELSE, MOST, NOT_HERE, enabling, told
from tapctl.genuine import NotAws
from tapctl.naming import home, partition_of
from tapctl.waiting import code, message

PARTS = ("access key id", "secret access key", "session token")
TOGETHER = ("get new ones, and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of temporary ones, AWS_SESSION_TOKEN "
            "and AWS_CREDENTIAL_EXPIRATION together")
WRITTEN = "let whatever runs this write that file anew, and let the role's trust policy name whoever signed it"
ASSUMED = ("check role_arn and source_profile or credential_source; let the role's trust policy name who assumes it; "
           "with mfa_serial, run tapctl at a terminal")
SERVED = "check that address, and what listens there"
#: What names a source of credentials, a variable or a profile's key -> the mend where none come from there. In the
#: order in which they are looked for.
SOURCES = {
    "AWS_ACCESS_KEY_ID": TOGETHER,
    "web_identity_token_file": WRITTEN,
    "role_arn": ASSUMED,
    "AWS_WEB_IDENTITY_TOKEN_FILE": WRITTEN,
    "sso_session": "aws sso login; check sso_session, sso_account_id and sso_role_name",
    "sso_start_url": "aws sso login; check sso_region, sso_account_id and sso_role_name",
    "login_session": "aws login",
    "credential_process": "run that program by hand: it must print new credentials, in the JSON that AWS documents",
    "aws_access_key_id": "give the profile aws_access_key_id and aws_secret_access_key together",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": SERVED,
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": SERVED,
}


class NotEnabled(ConfigurationError):
    """AWS takes the credentials, but not in this region: the account has not enabled it."""

    def __init__(self, region: str, reason: str) -> None:
        super().__init__(f"the region {region} is not enabled for this account", reason=reason, mend=enabling(region))
        self.region = region


# ---------------------------------------------------------------- whose they are
def identify(connections: Connections, region: str, allowed: Collection[str]) -> tuple[str, str, str]:
    """(account, partition, ARN) that the credentials belong to.

    Raises ConfigurationError: there are none, AWS does not take them, the account is not one of `allowed` (empty: any
    will do), or something else than AWS answers. botocore's errors, where nobody can be asked.
    """
    obtain(connections.session)
    try:
        sts = connections.client("sts", region)
        caller = sts.get_caller_identity()
        account, who = str(caller["Account"]), str(caller["Arn"])
        partition = who.split(":")[1]
    except sdk.ClientError as error:
        known = rejected(connections, region, sts.meta.endpoint_url, error)
        if known is None:
            raise
        raise known from error
    except (NotAws, ResponseParserError, LookupError) as error:
        raise strange(sts.meta.endpoint_url, f"it does not say whose the credentials are: {error}") from error
    if allowed and account not in allowed:
        raise ConfigurationError(
            f"account {account} is not one that this configuration allows",
            reason=f"allowed_account_ids = {', '.join(allowed)}",
            mend="use credentials of one of these accounts (AWS_PROFILE), or add the account to config.toml",
        )
    return account, partition, who


def rejected(connections: Connections, region: str, url: str, error: sdk.ClientError) -> ConfigurationError | None:
    """What it means that AWS would not say whose they are; None: what AWS's error says."""
    at_home, answer = home(partition_of(region)), error.response["ResponseMetadata"]
    if code(error) in BAD_CREDENTIALS | NOT_HERE:
        elsewhere = region != at_home and accepted(connections, at_home)
        return NotEnabled(region, told(error)) if elsewhere else None
    if not answer.get("RequestId"):  # which all of AWS's answers have
        return strange(url, f"it answers HTTP {answer.get('HTTPStatusCode')} {message(error)}".rstrip())
    if answer["HTTPStatusCode"] >= 500:
        return None
    return ConfigurationError("AWS does not say whose these credentials are", reason=told(error), mend=CREDENTIALS)


def accepted(connections: Connections, region: str) -> bool:
    """Whether AWS takes the credentials in this region."""
    try:
        connections.client("sts", region).get_caller_identity()
    except (sdk.ClientError, sdk.BotoCoreError):
        return False
    return True


def strange(url: str, said: str) -> ConfigurationError:
    return ConfigurationError(f"what answers at {url} is not AWS", reason=shorten(said, MOST), mend=ELSE)


# ---------------------------------------------------------------- having any
def obtain(session: boto3.Session) -> None:
    """Have botocore find credentials, and fetch or renew those that have to be.

    Raises ConfigurationError: there are none, their source doesn't give any, or what it gives can be none.
    The session has to have a region, in which a role is assumed.
    """
    try:
        found = session.get_credentials()
        held = found.get_frozen_credentials() if found else None
    except (TapctlError, sdk.HTTPClientError, sdk.ConnectionError):  # a signal's; nobody could be asked
        raise
    except Exception as error:  # what a source gives may make botocore raise anything
        raise withheld(error) from error
    if held is None:
        raise absent()
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    if held.access_key.startswith("ASIA") and not held.token:
        raise ConfigurationError("the AWS session token is missing", mend="set AWS_SESSION_TOKEN too",
                                 reason="the access key id begins with ASIA, as that of temporary credentials does")
    for part, value in zip(PARTS, held, strict=False):
        if value and re.fullmatch(r"[!-~]+", value) is None:  # else it would be quoted, secret or not, by what sends it
            raise ConfigurationError(f"the AWS {part} is none", reason="it holds a blank, a line's end, or a letter "
                                     "that none has", mend="copy it anew, and nothing around it")


def withheld(error: Exception) -> ConfigurationError:
    """What it means that the source of the credentials raised this."""
    where, mend = source()
    said = told(error) if isinstance(error, sdk.ClientError) else str(error)
    kind = "" if isinstance(error, sdk.ClientError | sdk.BotoCoreError) else f"{type(error).__name__}: "
    return ConfigurationError("there are no usable AWS credentials", reason=f"{where}: {kind}{shorten(said, MOST)}",
                              mend=mend)


def source() -> tuple[str, str]:
    """(what names the source of the credentials, the mend where it gives none)."""
    config = botocore.session.get_session()
    profile = config.get_scoped_config()
    for name, mend in SOURCES.items():
        if os.environ.get(name):
            return name, mend
        if name in profile:
            return f"{name} of profile {config.profile or 'default'}", mend
    return "this machine", CREDENTIALS


def absent() -> ConfigurationError:
    """Nothing names any."""
    config = botocore.session.get_session()
    files = " and ".join(str(config.get_config_variable(name)) for name in ("credentials_file", "config_file"))
    return ConfigurationError("there are no AWS credentials", reason=f"the environment has none, nor has the profile "
                              f"{config.profile or 'default'} in {files}, nor this machine", mend=CREDENTIALS)
