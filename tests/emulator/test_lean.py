"""What is left out is not missed."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import xmltodict
from moto.core.request import Request
from moto.core.serialize import QuerySerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.ec2.models import ec2_backends

from tapctl.emulator import lean
from tapctl.emulator.correction import ACCOUNT
from tapctl.emulator.inprocess import emulated


def test_the_images_that_public_parameters_name_are_there() -> None:
    with emulated():
        ec2, ssm = boto3.client("ec2", "us-east-1"), boto3.client("ssm", "us-east-1")
        named = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
        (image,) = ec2.describe_images(ImageIds=[named["Parameter"]["Value"]])["Images"]
        assert image["Name"].startswith("al2023-ami-")
        assert not [one for one in ec2.describe_images()["Images"] if "ecs" in one["Name"]]


def test_keys_encrypt_and_asymmetric_ones_sign() -> None:
    with emulated():
        kms = boto3.client("kms", "us-east-1")
        plain = kms.create_key()["KeyMetadata"]["KeyId"]
        sealed = kms.encrypt(KeyId=plain, Plaintext=b"words")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"words"
        signer = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        how = {"KeyId": signer, "Message": b"words", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
        assert kms.verify(Signature=kms.sign(**how)["Signature"], **how)["SignatureValid"]


def test_the_index_of_tags_sets_nothing_up() -> None:
    with emulated():
        boto3.client("ec2", "us-east-1").describe_vpcs()
        boto3.client("s3", "us-east-1").create_bucket(Bucket="one", CreateBucketConfiguration={
            "Tags": [{"Key": "Project", "Value": "x"}]})
        found = [boto3.client("resourcegroupstaggingapi", region).get_resources()["ResourceTagMappingList"]
                 for region in ("us-east-1", "eu-west-1")]
        assert [one["ResourceARN"] for one in found[0]] == ["arn:aws:s3:::one"]
        assert found[1] == []
        assert list(ec2_backends[ACCOUNT].keys()) == ["us-east-1"]


def test_what_is_asked_of_moto_instead() -> None:
    """Said once outside of moto, in whose own lines coverage is halted."""
    assert lean._resource("ec2/resources/ecs/optimized_amis/us-east-1.json") == []
    assert lean._resource("ec2/resources/latest_amis/us-east-1.json")
    assert lean._private_key("SYMMETRIC_DEFAULT") is None
    assert lean._private_key("RSA_2048").sign(b"words", "RSASSA_PSS_SHA_256")
    with emulated():
        boto3.client("ec2", "us-east-1").describe_vpcs()
        stores = [*lean._taggable(ACCOUNT, "us-east-1")]
        assert ec2_backends[ACCOUNT]["us-east-1"] in stores
        assert not [store for store in lean._taggable(ACCOUNT, "eu-west-1") if store in stores]


@pytest.mark.parametrize("document", [
    {"a": {"@xmlns": "https://x/?a=1&b='2'", "b": [{"c": "<1 & 2>"}, "text", 7, True, None, b"bytes", ""], "d": []}},
    {"a": {"#text": "one", "@b": 1}},
    {"a": None},
], ids=str)
def test_xml_says_what_it_said(document: dict[str, Any]) -> None:
    written = lean._xml(document)
    assert written.startswith('<?xml version="1.0" encoding="utf-8"?>')
    assert xmltodict.parse(written) == xmltodict.parse(xmltodict.unparse(document))
    assert written.endswith(lean._xml(document, full_document=False))


class Thing:
    """What a store of moto's keeps."""

    def __init__(self, **its: Any) -> None:
        self.__dict__.update(its)


@pytest.mark.parametrize(("value", "expected"), [
    ({"DBInstanceIdentifier": "one"}, "one"),
    (Thing(db_instance_identifier="two"), "two"),
    (Thing(DBInstanceIdentifier=None, db_instance_identifier="two"), None),
    (Thing(identifier="three"), "three"),
    (Thing(other=1), None),
], ids=["mapping", "in small letters", "None is an answer", "without its class", "nowhere"])
def test_a_member_is_found_where_it_was_found(value: Any, expected: str | None) -> None:
    operation = get_service_model("rds").operation_model("DescribeDBInstances")
    shape = operation.output_shape.members["DBInstances"].member
    member = shape.members["DBInstanceIdentifier"]
    member.parent = shape
    changes = {"DBInstances.Other": str.upper, "DBInstances.DBInstanceIdentifier": lambda it: f"the {it}"}
    for picker, told in ((XFormedAttributePicker(), expected),
                         (XFormedAttributePicker(response_transformers=changes), f"the {expected}")):
        serializer = QuerySerializer(operation_model=operation, value_picker=picker)
        serializer.path = ["DescribeDBInstancesResult", "DBInstances"]
        for _ in range(2):  # worked out, remembered
            assert lean._member(serializer, value, "DBInstanceIdentifier", member) == told
        assert lean._get_value(serializer, value, "DBInstanceIdentifier", member) == told


@pytest.mark.parametrize(("method", "url", "headers", "body"), [
    ("POST", "https://ec2.us-east-1.amazonaws.com/", {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "X-Amz-Date": b"20261129T070000Z"},
     "Action=DescribeVpcs&Version=2016-11-15&Name=%C3%A9"),
    ("GET", "http://127.0.0.1:5000/bucket/a%2Fb%20c/d%C3%A9?list-type=2&prefix=x%2Fy", {
        "Host": "127.0.0.1:5000", "x-amz-meta-my_key": "1", "Transfer-Encoding": "chunked"}, None),
    ("PUT", "https://bucket.s3.amazonaws.com/key", {"Content-Length": "5", "Content-Type": "text/plain"}, b"hello"),
    ("PUT", "https://s3.amazonaws.com/key with {odd} letters?a=<b>", {}, b""),
    ("POST", "https://sts.amazonaws.com/", {}, {"Action": "GetCallerIdentity"}),
    ("POST", "https://x.amazonaws.com", {"X-Amz-Target": "A.B", "Content-Type": "application/x-amz-json-1.1"}, b"{}"),
], ids=["form", "signed path", "object", "quoted", "mapping", "json"])
def test_a_request_is_put_together_as_before(method: str, url: str, headers: dict[str, Any], body: Any) -> None:
    """But for what a server is made of, and whose loops it runs in."""
    lean.load()
    here, there = (make(Request, method, url, headers, body) for make in (lean._request, lean._built))
    apart = ("wsgi.", "werkzeug.")
    assert {name: value for name, value in here.environ.items() if not name.startswith(apart)} == {
        name: value for name, value in there.environ.items() if not name.startswith(apart)}
    assert (here.url, here.raw_url, here.path, here.scheme, here.form, here.args, here.data) == (
        there.url, there.raw_url, there.path, there.scheme, there.form, there.args, there.data)
    assert sorted(here.headers) == sorted(there.headers)
