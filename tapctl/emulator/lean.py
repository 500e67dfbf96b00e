"""What moto makes for everybody and this stack never asks for is left out, so that an emulated AWS is there at once.

Of the 1300 images of a region, 1230 are those of ECS: a tenth of a second each time that a region is first used.
Every key of KMS gets an RSA key beside its key material, though only asymmetric ones have any use for it. The index
of tags sets up every service that is used anywhere in each region that it is asked in. Each call looks through all the
methods of its service, and each service that is first used through all the regions of all partitions. A reset renews
each store before it throws it away. XML is written by way of a parser's events, with each name checked anew. Under
which names a member of an answer may stand is worked out anew for every member of every answer. Each request is put
together by a builder that is made for forms and files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from moto.core import responses, serialize
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.resource_tagging import TaggableResourcesMixin
from moto.core.serialize import MISSING, AttributePickerContext, XFormedAttributePicker
from moto.core.utils import get_value
from moto.ec2.models import amis
from moto.kms import models as kms
from moto.resourcegroupstaggingapi import models as tagging
from moto.utilities.utils import get_partition

_load, _generate = amis.load_resource, kms.generate_private_key
_methods = cache(responses.method_names_from_class)
_built: Any = Request.from_primitives.__func__
_get_value = serialize.ResponseSerializer.get_value
_regions = AccountSpecificBackend._generate_regions  # which is kept by the store that asks, too
QUOTED = re.compile(r"[\w.~%!$&'()*+,/:;=@?-]*", re.ASCII)  # what needs no quoting in an address


def _resource(path: str) -> Any:
    return [] if "/ecs/" in path else _load(path)


def _private_key(spec: str) -> Any:
    return None if spec == "SYMMETRIC_DEFAULT" else _generate(spec)


def _taggable(account: str, region: str) -> Iterator[Any]:
    """The stores of a region, and the global ones, that are there."""
    for backends in list(BackendDict._instances):
        if isinstance(backends.backend, type) and issubclass(backends.backend, TaggableResourcesMixin):
            own = backends[account]
            yield from (own[place] for place in (region, get_partition(region)) if dict.__contains__(own, place))


def _xml(document: Mapping[str, Any], full_document: bool = True, **_: Any) -> str:
    """As xmltodict.unparse(): "@name" is an attribute, "#text" an element's text, a list an element for each. Nothing
    is written prettily, and no element in the short form: to whoever parses it that is the same."""
    out = ['<?xml version="1.0" encoding="utf-8"?>\n'] if full_document else []
    for name, value in document.items():
        _elements(out, name, value)
    return "".join(out)


def _elements(out: list[str], name: str, value: Any) -> None:
    for one in value if isinstance(value, list) else (value,):
        inner = one if isinstance(one, dict) else {"#text": one}
        attributes = "".join(f" {key[1:]}={quoteattr(_text(it))}" for key, it in inner.items() if key[0] == "@")
        out.append(f"<{name}{attributes}>")
        for key, it in inner.items():
            if key == "#text":
                out.append(escape(_text(it)))
            elif key[0] != "@":
                _elements(out, key, it)
        out.append(f"</{name}>")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _member(serializer: Any, value: Any, key: str, shape: Any) -> Any:
    """A member of `value`, under the first of its names that there is. Which these are depends on the member's shape,
    which is another for each parent, and on the class of what it is a member of."""
    picker = serializer._value_picker
    if type(picker) is not XFormedAttributePicker:
        return _get_value(serializer, value, key, shape)
    known = shape.__dict__.setdefault("names_by_class", {})
    names = known.get(type(value))
    if names is None:
        names = known[type(value)] = tuple(dict.fromkeys(picker.get_possible_keys(AttributePickerContext(
            value, key, shape, serializer.operation_model, serializer.operation_model.service_model))))
    found = None
    for name in names:
        if (it := get_value(value, name, MISSING)) is not MISSING:
            found = it
            break
    for path, change in picker.response_transformers.items():
        if path.endswith(f".{key}") and f"{'.'.join(serializer.path)}.{key}".endswith(path):
            return change(found)
    return found


def _request(cls: Any, method: str, url: str, headers: Mapping[str, Any], body: Any = None) -> Any:
    """As werkzeug's builder puts it together; a body that isn't bytes or text, and an address that would have to be
    quoted, are left to that."""
    if isinstance(body, str):
        body = body.encode()
    where = urlsplit(url)
    if not (isinstance(body, bytes | None) and QUOTED.fullmatch(where.path) and QUOTED.fullmatch(where.query)):
        return _built(cls, method, url, headers, body)
    names = {key: value.decode() if isinstance(value, bytes) else value for key, value in headers.items()
             if key.lower() != "transfer-encoding"}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote(where.path).encode().decode("latin1"),
        "QUERY_STRING": where.query, "REQUEST_URI": where.path, "RAW_URI": where.path, "SERVER_NAME": where.hostname,
        "SERVER_PORT": str(where.port or (443 if where.scheme == "https" else 80)), "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": where.netloc, "wsgi.url_scheme": where.scheme, "wsgi.input": BytesIO(body or b""),
        **{environ_key_for_header(name): value for name, value in names.items()},
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {environ_key_for_header(name): name for name in names
                                             if should_preserve_original_header_name(name)}}
    environ["CONTENT_LENGTH"] = str(len(body or b""))
    return cls(environ)


def load() -> None:
    """Leave it out, in this process. Twice is as once."""
    amis.load_resource, kms.generate_private_key = _resource, _private_key
    tagging.iter_taggable_backends = _taggable
    responses.method_names_from_class = _methods
    AccountSpecificBackend._generate_regions = lambda self, service: _regions(None, service)
    BaseBackend.reset = lambda self: None
    serialize.ResponseSerializer.get_value = _member
    Request.from_primitives = classmethod(_request)
    serialize.xmltodict = SimpleNamespace(unparse=_xml)
