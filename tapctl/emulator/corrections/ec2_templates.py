"""Launch templates, and the images that they name."""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"


@corrects("ec2", "DescribeLaunchTemplateVersions", "CreateLaunchTemplateVersion",
          page=_API + "API_CreateLaunchTemplate.html")
def own_tags_are_no_part_of_a_version(call: Call, ask: Ask) -> Answer:
    """The template's tags are its own; moto echoes them in the data that instances are launched from."""
    answer = ask()
    versions = answer.get("LaunchTemplateVersions") or [answer["LaunchTemplateVersion"]]
    for version in versions:
        data = version["LaunchTemplateData"]
        if "TagSpecifications" in data:
            data["TagSpecifications"] = [one for one in data["TagSpecifications"]
                                         if one["ResourceType"] != "launch-template"]
    return answer


@corrects("ec2", "DescribeLaunchTemplates", page=_API + "API_LaunchTemplate.html")
def tags_are_todays(call: Call, ask: Ask) -> Answer:
    """A template's tags can change; moto tells those of its birth."""
    for template in ec2_backends[ACCOUNT][call.region].launch_templates.values():
        template.tags = template.get_tags()
    return ask()


@corrects("ec2", "DeleteLaunchTemplate", page=_API + "API_DeleteLaunchTemplate.html")
def unknown_template(call: Call, ask: Ask) -> Answer:
    """Each way of naming one has its own error."""
    ec2 = ec2_backends[ACCOUNT][call.region]
    name, identifier = call.params.get("LaunchTemplateName"), call.params.get("LaunchTemplateId")
    if identifier and identifier not in ec2.launch_templates:
        raise Refusal("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID "
                      f"{identifier}, does not exist.")
    if name and name not in ec2.launch_template_name_to_ids:
        raise Refusal("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template "
                      f"name {name}, does not exist.")
    return ask()


@corrects("ec2", "DescribeImages", page="https://docs.aws.amazon.com/linux/al2023/ug/ec2.html")
def images_of_amazon_linux_2023(call: Call, ask: Ask) -> Answer:
    """Their root volume is 8 GiB of gp3 that goes with the instance, and they require IMDSv2."""
    answer = ask()
    for image in answer["Images"]:
        if image.get("Name", "").startswith("al2023-ami-"):
            image["ImdsSupport"] = "v2.0"
            for mapping in image["BlockDeviceMappings"]:
                mapping["Ebs"].update(VolumeSize=8, VolumeType="gp3", DeleteOnTermination=True, Encrypted=False)
    return answer
