"""What instances are launched from. Its default version is what launches; a change is a new version, made the default.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tapctl.model import Aspect, Aws, Born, Found, Gone, Hidden, Out, Ref, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import ec2_specification, ours, put_ec2_tags, tags_aspect
from tapctl.waiting import absent

# https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
ROOT_DEVICE = "/dev/xvda"
ROOT_GIB = 8
LAUNCHED = ("instance", "network-interface", "volume")  # what carries the stack's tags from its launch on


# ---------------------------------------------------------------- aspects
def want_settings(r: LaunchTemplate, out: Out) -> dict[str, Any]:
    """LaunchTemplateData, as EC2 takes and answers it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html
    """
    tags = tag_list(r.place.launch_tags(r.key))
    return {
        "ImageId": r.image,
        "InstanceType": r.instance_type,
        "IamInstanceProfile": {"Name": out(r.profile).id},
        "UserData": Hidden(b64encode(r.user_data).decode()),
        # one hop: what runs in a container on the instance can't reach the role's credentials
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "HttpTokens": "required"},
        # default subnets give public addresses unless told not to, and then the groups must stand here too
        "NetworkInterfaces": [{"AssociatePublicIpAddress": False, "DeleteOnTermination": True, "DeviceIndex": 0,
                               "Groups": [out(r.group).id]}],
        "BlockDeviceMappings": [{"DeviceName": ROOT_DEVICE, "Ebs": {
            "DeleteOnTermination": True, "Encrypted": True, "KmsKeyId": out(r.cmk).id, "VolumeSize": ROOT_GIB,
            "VolumeType": "gp3"}}],
        "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in LAUNCHED],
    }


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    default, _ = _versions(aws, it)
    return canonical(default["LaunchTemplateData"])


def _versions(aws: Aws, it: Found) -> tuple[dict[str, Any], dict[str, Any]]:
    """The default version and the latest; often the same."""
    versions = aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=it.id, Versions=["$Default", "$Latest"])["LaunchTemplateVersions"]
    return next(v for v in versions if v["DefaultVersion"]), max(versions, key=lambda v: int(v["VersionNumber"]))


def canonical(data: Mapping[str, Any]) -> dict[str, Any]:
    """In one order, and without what is only a state or says nothing."""
    have = {name: value for name, value in data.items() if value not in (None, "", [], {}, False)}
    if "UserData" in have:
        have["UserData"] = Hidden(have["UserData"])
    if "MetadataOptions" in have:
        have["MetadataOptions"] = {k: v for k, v in have["MetadataOptions"].items() if k != "State"}
    if "NetworkInterfaces" in have:  # the card of index 0 is the one meant where none is named
        have["NetworkInterfaces"] = [{k: v for k, v in one.items() if (k, v) != ("NetworkCardIndex", 0)}
                                     for one in have["NetworkInterfaces"]]
    if "TagSpecifications" in have:
        have["TagSpecifications"] = [
            {"ResourceType": one["ResourceType"], "Tags": tag_list(tag_dict(one["Tags"]))}
            for one in sorted(have["TagSpecifications"], key=lambda one: str(one["ResourceType"]))]
    return have


def pinned(r: LaunchTemplate, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """Amazon publishes an image every fortnight: a newer one is shown, and rolled out only when asked for."""
    return want | {"ImageId": have["ImageId"]} if "ImageId" in have and not r.refresh_image else want


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    """Two calls: a crash between them leaves a version without use, and the next run makes it the default.

    botocore gives each call a client token of its own, which it repeats only with the call.
    """
    ec2 = aws.client("ec2")
    _, latest = _versions(aws, it)
    if canonical(latest["LaunchTemplateData"]) != want:
        latest = ec2.create_launch_template_version(
            LaunchTemplateId=it.id, LaunchTemplateData=want)["LaunchTemplateVersion"]
    ec2.modify_launch_template(LaunchTemplateId=it.id, DefaultVersion=str(latest["VersionNumber"]))


TAGS = tags_aspect(put_ec2_tags)
SETTINGS = Aspect("settings", want_settings, read_settings, put_settings, born=Born.SET, meet=pinned)


# ---------------------------------------------------------------- the launch template
@dataclass(frozen=True)
class LaunchTemplate(Resource):
    """image: the newest, launched only at first or with refresh_image; user_data: the start-up script itself."""

    profile: Ref
    group: Ref
    cmk: Ref
    image: str
    instance_type: str
    user_data: bytes
    refresh_image: bool = False
    kind: ClassVar[str] = "launch_template"
    uses: ClassVar[frozenset[str]] = frozenset({"security_group", "instance_profile", "kms_key", "stray_key"})
    aspects: ClassVar[tuple[Aspect[LaunchTemplate, Any], ...]] = (TAGS, SETTINGS)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        name = {"Name": "launch-template-name", "Values": [aws.place.name()]}
        for raw in aws.client("ec2").describe_launch_templates(Filters=[*ours(aws), name])["LaunchTemplates"]:
            tags = tag_dict(raw.get("Tags", []))
            key = claims(tags, aws.place)
            if key == f"{aws.place.region}/{cls.kind}":
                yield Found(key, raw["LaunchTemplateId"], raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        raw = aws.client("ec2").create_launch_template(
            LaunchTemplateName=self.place.name(), LaunchTemplateData=want_settings(self, out),
            TagSpecifications=ec2_specification("launch-template", self.tags))["LaunchTemplate"]
        return Found(self.key, raw["LaunchTemplateId"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        absent(lambda: aws.client("ec2").delete_launch_template(LaunchTemplateId=it.id),
               "InvalidLaunchTemplateId.NotFound")
        return Gone.NOW
