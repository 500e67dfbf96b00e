from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Blocked, Gone
from tapctl.resources.instance_profile import InstanceProfile, put_link
from tests.resources.part import NewPart

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/instance_profile"


@pytest.fixture
def profile(part: NewPart) -> Any:
    stack = part("instance_profile", regions=("us-east-1",))
    stack.made()
    return stack


def roles(iam: Any) -> list[str]:
    return [r["RoleName"] for r in iam.get_instance_profile(InstanceProfileName=NAME)["InstanceProfile"]["Roles"]]


def test_it_holds_the_role(profile: Any) -> None:
    assert roles(profile.client("iam")) == [NAME]
    profile.at_rest()
    profile.gone()


def test_another_role_in_it_is_taken_out_before_ours_is_put_in(profile: Any) -> None:
    iam = profile.client("iam")
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument="{}")
    iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    iam.add_role_to_instance_profile(InstanceProfileName=NAME, RoleName="theirs")
    profile.mends(f"{KEY} role")
    assert roles(iam) == [NAME]
    iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    profile.mends(f"{KEY} role")
    assert roles(iam) == [NAME]


def test_its_tags_are_put_back(profile: Any) -> None:
    profile.client("iam").tag_instance_profile(InstanceProfileName=NAME, Tags=[{"Key": "Owner", "Value": "somebody"}])
    profile.mends(f"{KEY} tags")


def test_a_role_or_profile_that_iam_does_not_know_everywhere_yet_is_waited_for(part: NewPart) -> None:
    stack = part("instance_profile", regions=("us-east-1",))
    with stack.refusing("iam", "AddRoleToInstanceProfile", "NoSuchEntity", times=3):
        stack.made()
    assert roles(stack.client("iam")) == [NAME]


def test_an_answer_that_was_lost_and_another_role_that_is_in_it_are_told_apart(profile: Any) -> None:
    iam = profile.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    profile.meter.lose = lambda call: call.operation == "AddRoleToInstanceProfile" and not profile.meter.lost
    profile.mends(f"{KEY} role")
    assert len(profile.meter.lost) == 1
    it = profile.found(KEY)
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument="{}")
    with pytest.raises(ClientError, match="LimitExceeded"):  # put in meanwhile: not seen, so not taken out
        put_link(profile.cloud, it, (), ("theirs",))
    with profile.refusing("iam", "AddRoleToInstanceProfile", "UnmodifiableEntity", "no"), pytest.raises(
            ClientError, match="no"):
        put_link(profile.cloud, it, (), (NAME,))


def test_a_profile_of_its_name_that_is_not_the_stacks_is_left_as_it_is(part: NewPart) -> None:
    stack = part("instance_profile", regions=("us-east-1",))
    stack.client("iam").create_instance_profile(InstanceProfileName=NAME)
    assert "taken by something that is not this stack's" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert roles(stack.client("iam")) == []


def test_its_role_goes_out_first(profile: Any) -> None:
    it = profile.found(KEY)
    with profile.refusing("iam", "DeleteInstanceProfile", "DeleteConflict", "must remove roles"), pytest.raises(
            Blocked, match="must remove roles"):
        InstanceProfile.delete(profile.cloud, it)
    assert InstanceProfile.delete(profile.cloud, profile.found(KEY)) is Gone.NOW
    assert InstanceProfile.delete(profile.cloud, replace(it, raw={"Roles": []})) is Gone.NOW  # it is gone already


def test_other_refusals_to_go_are_said(profile: Any) -> None:
    with profile.refusing("iam", "DeleteInstanceProfile", "ServiceFailure", "no"), pytest.raises(
            ClientError, match="no"):
        InstanceProfile.delete(profile.cloud, profile.found(KEY))
