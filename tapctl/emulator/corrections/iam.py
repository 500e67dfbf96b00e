"""IAM: service-linked roles, and roles of instance profiles."""

from __future__ import annotations

from moto.iam.models import iam_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_NAMES = {"autoscaling.amazonaws.com": "AutoScaling", "elasticloadbalancing.amazonaws.com": "ElasticLoadBalancing",
          "rds.amazonaws.com": "RDS"}


@corrects("iam", "CreateServiceLinkedRole",
          page="https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html")
def service_linked_role(call: Call, ask: Ask) -> Answer:
    """It has the service's own spelling in its name; a second one is InvalidInput, not EntityAlreadyExists."""
    service = call.params["AWSServiceName"]
    iam = iam_backends[ACCOUNT]["aws"]
    suffix = f"_{call.params['CustomSuffix']}" if "CustomSuffix" in call.params else ""
    proper = f"AWSServiceRoleFor{_NAMES.get(service, service.partition('.')[0])}{suffix}"
    if any(role.name == proper for role in iam.roles.values()):
        raise Refusal("InvalidInput", f"Service role name {proper} has been taken in this account, please try a "
                      "different suffix.")
    made = ask()["Role"]
    role = iam.roles[made["RoleId"]]
    arn = role.arn.rpartition("/")[0] + "/" + proper
    role.name = proper
    return {"Role": {**made, "RoleName": proper, "Arn": arn}}


@corrects("iam", "RemoveRoleFromInstanceProfile",
          page="https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html")
def role_is_in_the_profile(call: Call, ask: Ask) -> Answer:
    """A role that isn't in the profile, or no longer, is NoSuchEntity; moto dies of it."""
    profiles = iam_backends[ACCOUNT]["aws"].instance_profiles.values()
    profile, role = call.params["InstanceProfileName"], call.params["RoleName"]
    if any(one.name == profile and role not in [held.name for held in one.roles] for one in profiles):
        raise Refusal("NoSuchEntity", f"Instance Profile {profile} does not contain role {role}.", 404)
    return ask()
