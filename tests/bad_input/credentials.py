"""Credentials: none, half of them, those that AWS doesn't take, those of another account, and every source that gives
none."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1
from types import MappingProxyType
from typing import Any

from tapctl.errors import Exit
from tests.bad_input.row import KEYS, Answer, Row

NOTHING: Mapping[str, Any] = MappingProxyType({})
ROLE = "role_arn = arn:aws:iam::123456789012:role/deploy\n"
OF_BASE = f"{ROLE}source_profile = base\n"
BASE = "\n[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"
SSO = ("sso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n"
       "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n")
SSO_CACHE = f".aws/sso/cache/{sha1(b's', usedforsecurity=False).hexdigest()}.json"
WEB = f"{ROLE}web_identity_token_file = token\n"
IDENTITY = ('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            "<Arn>arn:aws:iam::123456789012:user/me</Arn><Account>123456789012</Account></GetCallerIdentityResult>"
            "<ResponseMetadata><RequestId>c0ffee</RequestId></ResponseMetadata></GetCallerIdentityResponse>")


def refusal(code: str, said: str = "not you", status: int = 403) -> Answer:
    """As STS says it."""
    return status, (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
                    "<RequestId>c0ffee</RequestId></ErrorResponse>")


def unusable(environ: Mapping[str, str], *said: str, files: Mapping[str, str] = NOTHING,
             answers: Mapping[str, Answer] = NOTHING) -> Row:
    return Row(["there are no usable AWS credentials", *said], environ=environ, files=files, answers=answers)


def profile(text: str, *said: str, files: Mapping[str, str] = NOTHING, answers: Mapping[str, Answer] = NOTHING) -> Row:
    """Of the profile "p", with this below its name."""
    return unusable({"AWS_PROFILE": "p"}, "of profile p", *said, answers=answers,
                    files={".aws/config": f"[profile p]\n{text}", **files})


def sso(token: str, *said: str, answers: Mapping[str, Answer] = NOTHING) -> Row:
    """Of a session that has this token."""
    return profile(SSO, "sso_session", "aws sso login", *said, files={SSO_CACHE: token}, answers=answers)


def refused(code: str, *said: str, **more: str) -> Row:
    return Row(["AWS does not accept these credentials", code, *said], environ={**KEYS, **more},
               answers={"GetCallerIdentity": refusal(code)})


FRESH = '{"accessToken": "t", "expiresAt": "2101-01-01T00:00:00Z"}'
OVER = ('{"Version": 1, "AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z", '
        '"Expiration": "2001-01-01T00:00:00Z"}')
RUN_IT = "run that program by hand"
CHECK_ROLE = "check role_arn and source_profile"
LOCAL = "http://127.0.0.1:9/x"

CREDENTIALS = (
    # none
    Row(["there are no AWS credentials", "the environment has none", "default", ".aws/config", "AWS_PROFILE",
         "aws sts get-caller-identity"]),
    Row(["there are no AWS credentials"], environ={"AWS_SECRET_ACCESS_KEY": "x"}),
    Row(["there are no AWS credentials", "profile p"], environ={"AWS_PROFILE": "p"},
        files={".aws/config": "[profile p]\nregion = us-east-1\n"}),
    Row(["there are no AWS credentials", "{home}/none"], environ={"AWS_SHARED_CREDENTIALS_FILE": "{home}/none"}),
    Row(["there is no AWS profile nobody", "nobody", "AWS_PROFILE", "list-profiles"],
        environ={**KEYS, "AWS_PROFILE": "nobody"}),
    Row(["there is no AWS profile nobody", "AWS_DEFAULT_PROFILE"], environ={**KEYS, "AWS_DEFAULT_PROFILE": "nobody"}),
    Row(["there is no AWS profile p"], environ={"AWS_PROFILE": "p", "AWS_CONFIG_FILE": "{home}/none"}),
    # half, or none that could be one
    unusable({"AWS_ACCESS_KEY_ID": "AKIA"}, "missing: AWS_SECRET_ACCESS_KEY", "set AWS_ACCESS_KEY_ID, AWS_SECRET"),
    unusable({**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z", "AWS_SESSION_TOKEN": "t"}, "still expired",
             "get new ones"),
    unusable({**KEYS, "AWS_CREDENTIAL_EXPIRATION": "soon", "AWS_SESSION_TOKEN": "t"}, "soon", "_EXPIRATION"),
    profile("aws_access_key_id = AKIA\n", "aws_access_key_id", "missing: aws_secret_access_key", "together"),
    profile("", "aws_access_key_id", "missing: aws_secret_access_key",
            files={".aws/credentials": "[p]\naws_access_key_id = AKIA\n"}),
    Row(["the AWS access key id is none", "a blank", "copy it anew"], environ={**KEYS, "AWS_ACCESS_KEY_ID": "A B"}),
    Row(["the AWS secret access key is none", "copy it anew"], environ={**KEYS, "AWS_SECRET_ACCESS_KEY": "é"}),
    Row(["the AWS session token is missing", "ASIA", "set AWS_SESSION_TOKEN"],
        environ={**KEYS, "AWS_ACCESS_KEY_ID": "ASIAX"}),
    Row(["the AWS session token is none", "a line's end"], environ={**KEYS, "AWS_SESSION_TOKEN": "t\n"}),
    # AWS doesn't take them
    refused("InvalidClientTokenId", "AWS_PROFILE", "get-caller-identity"),
    refused("UnrecognizedClientException", "AWS_PROFILE"),
    refused("SignatureDoesNotMatch", "clock"),
    refused("RequestExpired", "clock"),
    refused("ExpiredToken", "get new ones", "aws sso login", AWS_SESSION_TOKEN="t"),
    refused("MissingAuthenticationToken", "AWS_PROFILE"),
    Row(["AWS does not say whose these credentials are", "AccessDenied", "AWS_PROFILE"], environ=KEYS,
        answers={"GetCallerIdentity": refusal("AccessDenied")}),
    Row(["AWS refused GetCallerIdentity", "ServiceUnavailable", "run the same command again"], Exit.FAILED,
        environ=KEYS, answers={"GetCallerIdentity": refusal("ServiceUnavailable", "not now", 503)}),
    # another account
    Row(["account 123456789012 is not one that this configuration allows", "210987654321", "AWS_PROFILE"], environ=KEYS,
        files={"config.toml": "allowed_account_ids = ['210987654321']"}, answers={"GetCallerIdentity": (200, IDENTITY)},
        args="up --yes --env staging"),
    Row(["account 123456789012 is not one", "add the account to config.toml"], args="down --yes --env staging",
        environ={**KEYS, "TAPCTL_ALLOWED_ACCOUNT_IDS": "111111111111,222222222222"},
        answers={"GetCallerIdentity": (200, IDENTITY)}),
    # a role
    profile(OF_BASE, "role_arn", '"base"', "does not exist", CHECK_ROLE),
    profile(ROLE, "role_arn", "missing: source_profile or credential_source", CHECK_ROLE),
    profile(f"{OF_BASE}credential_source = Environment\n{BASE}", "both source_profile and credential_source"),
    profile(f"{ROLE}credential_source = Moon\n", '"Moon"', "is not valid", CHECK_ROLE),
    profile(f"{ROLE}credential_source = Environment\n", "Environment", "No credentials found", CHECK_ROLE),
    profile(f"{OF_BASE}\n[profile base]\nregion = us-east-1\n", '"base" must have credentials', CHECK_ROLE),
    profile(f"{OF_BASE}\n[profile base]\n{ROLE}source_profile = p\n", "Infinite loop", "['p', 'base']", CHECK_ROLE),
    profile(f"role_arn = deploy\nsource_profile = base\n{BASE}", "RoleArn", CHECK_ROLE),
    profile(OF_BASE + BASE, "AccessDenied", "sts:AssumeRole", "trust policy",
            answers={"AssumeRole": refusal("AccessDenied", "not authorized to perform: sts:AssumeRole")}),
    profile(OF_BASE + BASE, "InvalidClientTokenId", CHECK_ROLE,
            answers={"AssumeRole": refusal("InvalidClientTokenId")}),
    # a token of somebody else's
    profile(WEB, "web_identity_token_file", "No such file", "'token'", "write that file anew"),
    profile(WEB, "WebIdentityToken", "write that file anew", files={"token": ""}),
    profile(WEB, "InvalidIdentityToken", "trust policy", files={"token": "x" * 30},
            answers={"AssumeRoleWithWebIdentity": refusal("InvalidIdentityToken", status=400)}),
    profile(WEB, "ExpiredTokenException", "write that file anew", files={"token": "x" * 30},
            answers={"AssumeRoleWithWebIdentity": refusal("ExpiredTokenException", status=400)}),
    unusable({"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/none", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/deploy"},
             "AWS_WEB_IDENTITY_TOKEN_FILE", "No such file", "{home}/none", "write that file anew"),
    unusable({"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/none"}, "AWS_ROLE_ARN"),
    # a session of IAM Identity Center
    profile(SSO, "sso_session", "Token for s does not exist", "aws sso login"),
    sso('{"accessToken": "t", "expiresAt": "2001-01-01T00:00:00Z"}', "expired"),
    sso("rubbish"),
    sso(FRESH, "expired or is otherwise invalid", answers={
        "GetRoleCredentials": (401, '{"__type": "UnauthorizedException", "message": "Session token not found"}')}),
    sso(FRESH, "No access", answers={"GetRoleCredentials": (403, '{"message": "No access"}')}),
    profile("sso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n", "sso_session", "does not exist",
            "aws sso login"),
    profile("sso_account_id = 123456789012\nsso_role_name = R\nsso_region = us-east-1\nsso_start_url = https://x\n",
            "sso_start_url", "https://x", "aws sso login"),
    # a program
    profile("credential_process = /no/such/program\n", "credential_process", "/no/such/program", RUN_IT),
    profile("credential_process = false\n", "custom-process", RUN_IT),
    profile('credential_process = sh -c "echo hunter2; echo log in first >&2; exit 3"\n', "log in first", RUN_IT),
    profile("credential_process = echo hello\n", "JSON", RUN_IT),
    profile("credential_process = echo []\n", "list", RUN_IT),
    profile("credential_process = echo {}\n", "Unsupported version", RUN_IT),
    profile("credential_process = echo '{\"Version\": 1}'\n", "AccessKeyId", RUN_IT),
    profile(f"credential_process = echo '{OVER}'\n", "still expired", RUN_IT),
    profile("credential_process = echo 'x\n", "quotation", RUN_IT),
    # a machine that should have a role
    unusable({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/x"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
             "Unsupported host 'evil.example'", "check that address"),
    unusable({"AWS_CONTAINER_CREDENTIALS_FULL_URI": LOCAL}, "container-role", LOCAL, "what listens there"),
    unusable({"AWS_CONTAINER_CREDENTIALS_FULL_URI": LOCAL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/none"},
             "No such file", "{home}/none"),
)
