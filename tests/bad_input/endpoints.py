"""Where AWS should be: an address that is none, nobody there, somebody else, or TLS that can't be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from tests.bad_input import listeners
from tests.bad_input.credentials import IDENTITY, refusal
from tests.bad_input.row import KEYS, Answer, Row

HTML = "<!doctype html><html><body><h1>Please log in to the guest network</h1></body></html>"
STS = "https://sts.us-east-1.amazonaws.com"
UNREACHED = "AWS can't be reached"


def none(url: str, name: str = "AWS_ENDPOINT_URL") -> Row:
    return Row([f"{name} = '{url}' is no endpoint", "http:// or https://", "unset it"], environ={**KEYS, name: url})


def none_of_a_profile(lines: str, name: str) -> Row:
    return Row([f"{name} of profile default = 'nothing' is no endpoint", "unset it"], environ=KEYS,
               files={".aws/config": f"[default]\n{lines}"})


def nobody(url: str, *said: str) -> Row:
    return Row([UNREACHED, "AWS_ENDPOINT_URL", *said], environ={**KEYS, "AWS_ENDPOINT_URL": url},
               listening=listeners.hanging_up)


def somebody(status: int, body: str, *said: str) -> Row:
    answer: Answer = status, body
    return Row([f"what answers at {STS} is not AWS", "check AWS_ENDPOINT_URL where it is set, proxy settings", *said],
               environ=KEYS, answers={"GetCallerIdentity": answer})


def talks(listening: Callable[[], AbstractContextManager[str]], *said: str, **more: str) -> Row:
    return Row(["AWS_ENDPOINT_URL", *said], environ={**KEYS, "AWS_ENDPOINT_URL": "{url}", **more}, listening=listening)


ALONE = {"TAPCTL_REGIONS": "us-east-1"}
ACCEPTED_AT_HOME = {"GetCallerIdentity us-east-1": (200, IDENTITY)}
ACCEPTED: Mapping[str, Answer] = {"GetCallerIdentity": (200, IDENTITY)}

ENDPOINTS = (
    # no address
    none("localhost:4566"),
    none("nothing"),
    none("http://"),
    none("http://a b"),
    none("http://[::1"),
    none("http://127.0.0.1:port"),
    none("http://127.0.0.1:99999"),
    none("http://127.0.0.1:0"),
    none("ftp://127.0.0.1"),
    none("nothing", "AWS_ENDPOINT_URL_STS"),
    none("nothing", "AWS_ENDPOINT_URL_CLOUDWATCH"),
    none_of_a_profile("endpoint_url = nothing\n", "endpoint_url"),
    none_of_a_profile("services = s\n[services s]\nrds =\n  endpoint_url = nothing\n", "rds endpoint_url"),
    # nobody
    nobody("http://127.0.0.1:9", "http://127.0.0.1:9"),
    nobody("http://nowhere.invalid", "http://nowhere.invalid"),
    talks(listeners.hanging_up, UNREACHED, "closed before we received a valid response"),
    talks(listeners.silent, UNREACHED, "timeout"),
    talks(listeners.no_http, UNREACHED, "{url}"),
    talks(listeners.cut_short, "what answers at {url} is not AWS", "it does not say"),
    # somebody else, for all but STS
    Row([UNREACHED, "{url}", "AWS_ENDPOINT_URL"], args="plan --env staging",
        environ={**KEYS, "AWS_ENDPOINT_URL": "{url}", **ALONE}, answers=ACCEPTED, listening=listeners.hanging_up),
    Row(["what answers for ec2 is not AWS", "<!doctype html>", "AWS_ENDPOINT_URL"], args="plan --env staging",
        environ={**KEYS, "AWS_ENDPOINT_URL": "{url}", **ALONE}, answers=ACCEPTED, listening=listeners.a_page),
    *(Row([f"what answers for {service} is not AWS", f"the answer to {operation} has no request id",
           "wants a login first"], args=f"{args} --env staging", environ={**KEYS, **ALONE},
          answers={**ACCEPTED, operation: (200, body)}, emulated=True)
      for args, service, operation, body in (
        ("plan", "ec2", "DescribeVpcs", "<rss><channel/></rss>"),
        ("up --yes", "rds", "DescribeDBEngineVersions", "<a/>"),
        ("plan", "ssm", "GetParameter", '{"account": 1}'),
        ("up --yes", "ssm", "GetParameter", HTML),
        ("status", "s3", "GetBucketTagging", "<a/>"),
        ("outputs", "dynamodb", "DescribeTable", "[]"),
        ("down --yes", "logs", "DescribeLogGroups", "{}"),
        ("verify", "autoscaling", "DescribeAutoScalingGroups", "<a/>"),
        ("unlock --yes", "ssm", "GetParametersByPath", "{}"))),
    # a proxy
    Row(["the proxy {url} can't be reached", "check HTTPS_PROXY"], environ={**KEYS, "HTTPS_PROXY": "{url}"},
        listening=listeners.forbidding),
    # somebody else
    somebody(200, HTML, "it does not say whose the credentials are", "log in to the guest network"),
    somebody(200, HTML * 100, "it does not say", "[...]"),
    somebody(200, "", "it does not say"),
    somebody(204, "", "it does not say"),
    somebody(200, '{"account": 1}', "it does not say"),
    somebody(200, "<a/>", "it does not say"),
    somebody(200, IDENTITY.replace("Account>", "Who>"), "it does not say"),
    somebody(200, IDENTITY.replace("arn:aws:iam::123456789012:user/me", "me"), "it does not say"),
    somebody(301, "", "it does not say"),
    somebody(302, HTML, "it does not say"),
    somebody(403, HTML, "it does not say"),
    somebody(403, "<html/>", "it answers HTTP 403"),
    somebody(403, "{}", "it does not say"),
    somebody(404, "not found", "not found"),
    somebody(407, "a login first", "a login first"),
    somebody(500, "{}", "it does not say"),
    somebody(502, "<html/>", "it answers HTTP 502"),
    somebody(503, "", "it answers HTTP 503 Service Unavailable"),
    # a region that isn't this account's
    *(Row(["the region af-south-1 is not enabled for this account", code,
           "aws account enable-region --region-name af-south-1"], environ={**KEYS, "TAPCTL_REGIONS": "af-south-1"},
          answers={"GetCallerIdentity": refusal(code), **ACCEPTED_AT_HOME})
      for code in ("InvalidClientTokenId", "RegionDisabledException")),
    Row(["AWS does not accept these credentials in af-south-1", "InvalidClientTokenId", "enable-region", "AWS_PROFILE"],
        environ={**KEYS, "TAPCTL_REGIONS": "af-south-1"},
        answers={"GetCallerIdentity": refusal("InvalidClientTokenId")}),
    # TLS
    talks(listeners.plain, "{url}", "can't be trusted to be AWS", "AWS_CA_BUNDLE"),
    talks(listeners.trusted_by_nobody, "{url}", "can't be trusted to be AWS", "self-signed certificate"),
    talks(listeners.secured, UNREACHED, "{url}"),
    talks(listeners.trusted_by_nobody, "can't be trusted", "No such file", AWS_CA_BUNDLE="{home}/none"),
)
