from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tapctl import stack as topology
from tapctl.facts import survey
from tapctl.model import Gone, Resource
from tapctl.resources.launch_template import LaunchTemplate, canonical
from tests.resources.part import NewPart, Part

NAME, KEY, EAST = "TapStack-production-us-east-1", "us-east-1/launch_template", ("us-east-1",)
SETTINGS = f"{KEY} settings"


@pytest.fixture
def template(part: NewPart) -> Part:
    stack = part("launch_template", regions=EAST)
    stack.made()
    return stack


def versions(stack: Part) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.client("ec2").describe_launch_template_versions(
        LaunchTemplateName=NAME)["LaunchTemplateVersions"]
    return sorted(found, key=lambda v: int(v["VersionNumber"]))


def default(stack: Part) -> dict[str, Any]:
    data: dict[str, Any] = next(v for v in versions(stack) if v["DefaultVersion"])["LaunchTemplateData"]
    return data


def test_what_it_launches_is_closed_encrypted_and_tagged(template: Part) -> None:
    data = default(template)
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    interface, = data["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is False
    assert interface["DeleteOnTermination"] is True
    assert interface["Groups"] == [template.found("us-east-1/security_group/app").id]
    assert "SecurityGroupIds" not in data
    root, = data["BlockDeviceMappings"]
    assert root["DeviceName"] == "/dev/xvda"
    assert root["Ebs"] == {"Encrypted": True, "KmsKeyId": template.found("us-east-1/kms_key").id, "VolumeType": "gp3",
                           "VolumeSize": 8, "DeleteOnTermination": True}
    assert data["IamInstanceProfile"] == {"Name": NAME}
    assert b64decode(data["UserData"]).startswith(b"#!/bin/bash\n")
    tagged = {one["ResourceType"]: {tag["Key"] for tag in one["Tags"]} for one in data["TagSpecifications"]}
    assert tagged.keys() == {"instance", "network-interface", "volume"}
    assert all(tags == {"Environment", "Name", "Owner", "Project", "tapctl:stack"} for tags in tagged.values())
    template.at_rest()
    template.gone()


def test_a_changed_type_is_a_new_default_version(template: Part, part: NewPart) -> None:
    stack = part("launch_template", regions=EAST, **{"environments.production.instance_type": "t3.large"})
    stack.mends(SETTINGS)
    assert [v["DefaultVersion"] for v in versions(stack)] == [False, True]
    assert default(stack)["InstanceType"] == "t3.large"


def test_a_version_that_a_crash_left_becomes_the_default(template: Part, part: NewPart) -> None:
    stack = part("launch_template", regions=EAST, **{"environments.production.instance_type": "t3.large"})
    with stack.refusing("ec2", "ModifyLaunchTemplate", "UnauthorizedOperation"):
        assert stack.up().failures
    assert [v["DefaultVersion"] for v in versions(stack)] == [True, False]
    stack.mends(SETTINGS)
    assert [v["DefaultVersion"] for v in versions(stack)] == [False, True]


def test_what_somebody_made_the_default_is_set_right(template: Part) -> None:
    ec2, data = template.client("ec2"), default(template)
    theirs = {**data, "MetadataOptions": {"HttpTokens": "optional"}, "KeyName": "theirs"}
    ec2.create_launch_template_version(LaunchTemplateName=NAME, LaunchTemplateData=theirs)
    ec2.modify_launch_template(LaunchTemplateName=NAME, DefaultVersion="2")
    template.mends(SETTINGS)
    assert default(template) == data


def test_its_tags_are_put_back(template: Part) -> None:
    template.client("ec2").create_tags(
        Resources=[template.found(KEY).id], Tags=[{"Key": "Owner", "Value": "somebody"}])
    template.mends(f"{KEY} tags")


@pytest.fixture
def newer(template: Part, part: NewPart) -> Part:
    """The template stands, and then Amazon publishes a new image."""
    image = default(template)["ImageId"]
    other = next(i["ImageId"] for i in template.client("ec2").describe_images()["Images"] if i["ImageId"] != image)
    template.client("ssm").put_parameter(Name="/image", Value=other, Type="String")
    return part("launch_template", regions=EAST, ami_parameter="/image")


def test_a_newer_image_is_shown_and_not_rolled_out(newer: Part) -> None:
    before = default(newer)["ImageId"]
    held, = newer.look()[2].held
    assert (held.key, held.have["ImageId"]) == (KEY, before)
    assert held.want["ImageId"] != before
    newer.at_rest()


def test_another_change_keeps_the_image(newer: Part, part: NewPart) -> None:
    before = default(newer)["ImageId"]
    stack = part("launch_template", regions=EAST, ami_parameter="/image",
                 **{"environments.production.instance_type": "t3.large"})
    stack.mends(SETTINGS)
    assert (default(stack)["ImageId"], default(stack)["InstanceType"]) == (before, "t3.large")


def test_a_newer_image_is_rolled_out_when_asked_for(newer: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    build, facts = topology.build, survey(newer.cloud, newer.settings)

    def refreshing(*given: Any) -> dict[str, Resource]:
        return build(*given, refresh_image=True)

    monkeypatch.setattr(topology, "build", refreshing)
    newer.mends(SETTINGS)
    monkeypatch.undo()
    assert default(newer)["ImageId"] == facts["us-east-1"].image
    assert newer.look()[2].held == []


def test_a_template_without_an_image_gets_one(template: Part) -> None:
    ec2, data = template.client("ec2"), default(template)
    ec2.create_launch_template_version(
        LaunchTemplateName=NAME, LaunchTemplateData={k: v for k, v in data.items() if k != "ImageId"})
    ec2.modify_launch_template(LaunchTemplateName=NAME, DefaultVersion="2")
    template.mends(SETTINGS)
    assert default(template) == data


def test_a_script_of_the_users_is_what_starts(part: NewPart, tmp_path: Path) -> None:
    own = tmp_path / "boot.sh"
    own.write_text("#!/bin/sh\ntrue\n")
    stack = part("launch_template", regions=EAST, **{"app.user_data_file": str(own)})
    stack.made()
    assert b64decode(default(stack)["UserData"]) == own.read_bytes()
    own.write_text("#!/bin/sh\nfalse\n")
    stack.mends(SETTINGS)


def test_states_order_and_empty_fields_are_no_difference() -> None:
    tags = [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]
    want = {"ImageId": "ami-1", "MetadataOptions": {"HttpTokens": "required"}, "TagSpecifications": [
        {"ResourceType": "instance", "Tags": tags[::-1]}, {"ResourceType": "volume", "Tags": tags[::-1]}]}
    assert canonical({
        "EbsOptimized": False, "SecurityGroupIds": [], "KernelId": "", "ImageId": "ami-1",
        "MetadataOptions": {"HttpTokens": "required", "State": "pending"},
        "TagSpecifications": [{"ResourceType": "volume", "Tags": tags}, {"ResourceType": "instance", "Tags": tags}],
    }) == want
    assert canonical({}) == {}
    cards = [{"NetworkCardIndex": 0, "DeviceIndex": 0}, {"NetworkCardIndex": 1, "DeviceIndex": 0}]
    assert canonical({"NetworkInterfaces": cards}) == {"NetworkInterfaces": [{"DeviceIndex": 0}, cards[1]]}


def test_one_of_its_name_without_our_tags_is_left(part: NewPart) -> None:
    stack = part("launch_template", regions=EAST)
    stack.client("ec2").create_launch_template(
        LaunchTemplateName=NAME, LaunchTemplateData={"InstanceType": "t3.nano"})
    assert "taken by something that is not this stack's" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert default(stack) == {"InstanceType": "t3.nano"}


@pytest.mark.parametrize(("name", "key"), [("theirs", KEY), (NAME, "us-east-1/launch_template/other")])
def test_our_tags_or_our_name_alone_claim_nothing(part: NewPart, name: str, key: str) -> None:
    stack = part("launch_template", regions=EAST)
    tags = [{"Key": tag, "Value": value} for tag, value in stack.place.tags(key).items()]
    stack.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.nano"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}])
    assert list(LaunchTemplate.owned(stack.cloud)) == []


def test_it_is_deleted_once(template: Part) -> None:
    it = template.found(KEY)
    assert LaunchTemplate.delete(template.cloud, it) is Gone.NOW
    assert LaunchTemplate.delete(template.cloud, it) is Gone.NOW
    assert LaunchTemplate.look(template.cloud, it) is None
