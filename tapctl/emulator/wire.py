"""HTTP to calls and back: which operation a request is, its parameters, and answers in the service's own protocol."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore import parsers, serialize
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from tapctl.emulator.correction import Answer, Refusal

Response = tuple[int, dict[str, str], str | bytes]

# The name that a request is signed for, where botocore calls the service by another.
SERVICES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi",
            "servicequotas": "service-quotas"}
_CONTENT_TYPES = {"query": "application/x-www-form-urlencoded; charset=utf-8",
                  "ec2": "application/x-www-form-urlencoded; charset=utf-8",
                  "json": "application/x-amz-json-1.1", "rest-xml": "application/xml"}

_SCOPE = re.compile(r"(?P<key>[^/\s=]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_HOSTED_BUCKET = re.compile(r"^(?P<bucket>.+)\.s3[.-].*amazonaws\.com$")


@dataclass(frozen=True)
class Scope:
    """What a request says that it is signed with and for."""

    key: str
    region: str
    signing_name: str

    @property
    def service(self) -> str:
        return SERVICES.get(self.signing_name, self.signing_name)


def scope_of(authorization: str, presigned: str) -> Scope | None:
    """From the Authorization header, or from X-Amz-Credential of a presigned URL; None: neither."""
    match = _SCOPE.search(authorization.partition("Credential=")[2].partition(",")[0] or presigned)
    return Scope(match["key"], match["region"], match["service"]) if match else None


def operation_of(scope: Scope, request: Request) -> str | None:
    """The operation's name, or None where the request names none that the service has."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return str(target).rpartition(".")[2]
    if scope.service == "s3":
        return _s3_operation(request)[0]
    action = request.values.get("Action")
    return str(action) if action else None


def params_of(scope: Scope, operation: str, request: Request) -> dict[str, Any]:
    """The parameters, shaped as boto3 takes them."""
    bound: dict[str, Any] = {}
    if scope.service == "s3":
        bound = _s3_operation(request)[1]
    model = _operation(scope.service, operation)
    parser = PROTOCOL_PARSERS[_protocol(scope, request)](model)
    parsed: dict[str, Any] = parser.parse({
        "method": request.method, "values": request.values, "headers": request.headers, "body": request.data,
        "url_path": request.path, "url_params": bound,
    })
    return parsed


def with_params(scope: Scope, operation: str, request: Request, params: dict[str, Any]) -> Request:
    """The same request with other parameters."""
    model = _operation(scope.service, operation)
    made = serialize.create_serializer(_protocol(scope, request)).serialize_to_request(params, model)
    body = made["body"]
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    headers.update(made["headers"])
    url = urlsplit(request.raw_url)
    query = urlencode(made["query_string"]) if made["query_string"] else ""
    return type(request).from_primitives(
        made["method"], f"{url.scheme}://{url.netloc}{made['url_path']}{'?' + query if query else ''}", headers,
        urlencode(body) if isinstance(body, dict) else body)


def made_request(scope: Scope, operation: str, params: dict[str, Any]) -> Request:
    """A request that a client in that region would send."""
    model = _operation(scope.service, operation)
    host = f"{scope.signing_name}.{scope.region}.amazonaws.com"
    credential = f"AWS4-HMAC-SHA256 Credential={scope.key}/20000101/{scope.region}/{scope.signing_name}/aws4_request"
    headers = {"Host": host, "Authorization": credential, "Content-Type": _CONTENT_TYPES[model.service_model.protocol]}
    empty = Request.from_primitives("POST", f"https://{host}/", headers, b"")
    return with_params(scope, operation, empty, params)


def signing_name(service: str) -> str:
    return next((name for name, botocore_name in SERVICES.items() if botocore_name == service), service)


def answer_of(scope: Scope, operation: str, request: Request, response: Response) -> Answer:
    """What a boto3 client would return for the response; raises Refusal where that client would raise."""
    status, headers, body = response
    model = _operation(scope.service, operation)
    parsed: Answer = parsers.create_parser(_protocol(scope, request)).parse(
        {"status_code": int(status), "headers": headers, "body": body.encode() if isinstance(body, str) else body},
        model.output_shape)
    if status >= 300:
        error = parsed["Error"]
        refusal = Refusal(error.get("Code", ""), error.get("Message", ""), int(status))
        refusal.response = response
        raise refusal
    parsed.pop("ResponseMetadata", None)
    return parsed


def rendered(scope: Scope, operation: str, request: Request, answer: Answer) -> Response:
    """The answer as the service sends it."""
    model = _operation(scope.service, operation)
    made = get_serializer_class(scope.service, _protocol(scope, request))(operation_model=model).serialize(answer)
    return made["status_code"], {**made["headers"], **_request_id()}, made["body"]


def refused(scope: Scope, request: Request, refusal: Refusal) -> Response:
    """The error as the service sends it."""
    protocol = _protocol(scope, request)
    headers = _request_id()
    if "json" in protocol:
        body = json.dumps({"__type": refusal.code, "message": refusal.message})
        return refusal.status, {"Content-Type": "application/x-amz-json-1.1", **headers}, body
    words = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    kind = "Sender" if refusal.status < 500 else "Receiver"
    shapes = {
        "query": f"<ErrorResponse><Error><Type>{kind}</Type>{words}</Error></ErrorResponse>",
        "ec2": f"<Response><Errors><Error>{words}</Error></Errors></Response>",
        "rest-xml": f"<Error>{words}</Error>",
    }
    return refusal.status, {"Content-Type": "text/xml", **headers}, '<?xml version="1.0"?>\n' + shapes[protocol]


def _request_id() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid4()), "server": "tapctl-emulator"}


def path_style(request: Request) -> Request:
    """An S3 request with its bucket in the path, wherever the client put it; any other as it is."""
    hosted = _HOSTED_BUCKET.match(request.host)
    if not hosted:
        return request
    url = urlsplit(request.raw_url)
    host = request.host.removeprefix(hosted["bucket"] + ".")
    moved = f"{url.scheme}://{host}/{hosted['bucket']}{url.path.rstrip('/')}{'?' + url.query if url.query else ''}"
    return type(request).from_primitives(request.method, moved, {**request.headers, "Host": host}, request.data)


def _s3_operation(request: Request) -> tuple[str | None, dict[str, Any]]:
    try:
        operation, bound = get_service_router("s3").match(request)
    except NotFound:
        return None, {}
    return operation.name, bound


@cache
def _operation(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation)


def _protocol(scope: Scope, request: Request) -> str:
    return str(determine_request_protocol(get_service_model(scope.service), request.content_type))
