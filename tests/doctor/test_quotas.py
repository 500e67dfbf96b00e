"""What is needed against what is left."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.doctor import quotas
from tapctl.doctor.check import made
from tapctl.events import Finding, Result
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.serving import Serving
from tapctl.stack import build
from tests.doctor.answers import Answers, said
from tests.doctor.wanted import facts, network, of, settings, wanted
from tests.memory import EAST, PLACE, WEST, refusal

LOAD_BALANCERS = {"LoadBalancers": [{"LoadBalancerName": "a", "Type": "application"},
                                    {"LoadBalancerName": "n", "Type": "network"}]}


def instance(kind: str = "t3.micro", cores: int = 1, **more: Any) -> dict[str, Any]:
    return {"InstanceType": kind, "CpuOptions": {"CoreCount": cores, "ThreadsPerCore": 2}, **more}


def account(**more: Any) -> dict[str, Any]:
    """What AWS answers: a little is in use of everything, and there is room."""
    return {
        "get_service_quota": {"Quota": {"Value": 50.0}},
        "describe_security_groups": {"SecurityGroups": [{"GroupName": "default"}]},
        "describe_load_balancers": LOAD_BALANCERS,
        "describe_target_groups": {"TargetGroups": []},
        "describe_account_limits": {"Limits": [{"Name": "application-load-balancers", "Max": "50"},
                                               {"Name": "target-groups", "Max": "3000"}]},
        "describe_account_attributes": {"AccountQuotas": [
            {"AccountQuotaName": "DBInstances", "Used": 39, "Max": 40},
            {"AccountQuotaName": "AllocatedStorage", "Used": 100, "Max": 100000},
            {"AccountQuotaName": "DBSubnetGroups", "Used": 1, "Max": 50}]},
        "get_account_summary": {"SummaryMap": {"Roles": 10, "RolesQuota": 1000, "InstanceProfiles": 3,
                                               "InstanceProfilesQuota": 1000}},
        "list_buckets": {"Buckets": [{"Name": "one"}]},
        "describe_instances": {"Reservations": [{"Instances": [instance()]}, {"Instances": [instance(cores=2)]}]},
        "describe_instance_types": {"InstanceTypes": [
            {"InstanceType": "t3.micro", "VCpuInfo": {"DefaultVCpus": 2}, "FreeTierEligible": True}]},
        **more}


class Account(Answers):
    """Auto Scaling and ELB have an operation of the same name."""

    def client(self, service: str, *, repeat: bool = True) -> Any:
        if service == "autoscaling":
            limits = self.answers.get("auto_scaling") or {
                "NumberOfAutoScalingGroups": 4, "MaxNumberOfAutoScalingGroups": 500}
            return Answers({**self.answers, "describe_account_limits": limits}, self.calls, self.place)
        return self


def found(aws: Answers, *regions: str, **flags: Any) -> dict[str, Finding]:
    checks = quotas.checks(
        aws, aws.at("home"), wanted(*regions, **flags), facts(*regions), settings(*regions, **flags))
    return {f"{one.check} {one.region}".strip().removeprefix("quota of "): one for one in made(checks)}


def test_there_is_room_for_a_whole_stack() -> None:
    aws = Account(account())
    assert {name: said(one) for name, one in found(aws).items()} == {
        name: (Result.OK, seen, "") for name, seen in {
            "roles": "1 needed, 10 of 1000 in use",
            "instance profiles": "1 needed, 3 of 1000 in use",
            "buckets": "2 needed, 1 of 50 in use",
            f"security groups {EAST}": "4 needed, 1 of 50 in use",
            f"gateway endpoints {EAST}": "2 needed, 2 of 50 in use",
            f"interface endpoints of the VPC {EAST}": "1 needed, 1 of 50 in use",
            f"load balancers {EAST}": "1 needed, 1 of 50 in use",
            f"target groups {EAST}": "1 needed, 0 of 3000 in use",
            f"Auto Scaling groups {EAST}": "1 needed, 4 of 500 in use",
            f"databases {EAST}": "1 needed, 39 of 40 in use",
            f"database storage (GiB) {EAST}": "20 needed, 100 of 100000 in use",
            f"database subnet groups {EAST}": "1 needed, 1 of 50 in use",
            f"vCPUs {EAST}": "6 needed, 6 of 50 in use",
        }.items()}


def test_what_regions_share_is_asked_once_at_home() -> None:
    aws = Account(account())
    shared = found(aws, EAST, WEST)
    assert shared["buckets"].seen == "4 needed, 1 of 50 in use"
    assert shared[f"databases {WEST}"].seen == "1 needed, 39 of 40 in use"
    asked = [(region, operation) for region, operation, _ in aws.calls]
    for call in ("home", "get_account_summary"), ("home", "list_buckets"), (EAST, "describe_instance_types"):
        assert asked.count(call) == 1
    assert sum(operation == "describe_instance_types" for _, operation in asked) == 1
    assert asked.count((WEST, "describe_account_attributes")) == 1
    assert len(asked) <= 4 + 2 * 11


def test_nothing_is_asked_of_what_nothing_is_needed_of() -> None:
    aws = Account(account())
    checks = quotas.checks(aws, aws, of("table"), facts(), settings())
    assert list(checks) == []


def test_a_quota_that_is_full() -> None:
    full = [{"AccountQuotaName": name, "Used": most, "Max": most} for name, most in (
        ("DBInstances", 40), ("AllocatedStorage", 100), ("DBSubnetGroups", 50))]
    finding = found(Account(account(describe_account_attributes={"AccountQuotas": full})))[f"databases {EAST}"]
    assert said(finding) == (
        Result.PROBLEM, "1 needed, 40 of 40 in use",
        "remove what isn't used, or: aws service-quotas request-service-quota-increase --service-code rds "
        f"--quota-code L-7B6409FD --desired-value 41 --region {EAST}")


def test_a_global_quota_is_raised_at_home() -> None:
    few = {"Roles": 1000, "RolesQuota": 1000, "InstanceProfiles": 3, "InstanceProfilesQuota": 1000}
    finding = found(Account(account(get_account_summary={"SummaryMap": few})))["roles"]
    assert finding.result is Result.PROBLEM
    assert finding.mend.endswith("--quota-code L-FE177D64 --desired-value 1001 --region home")


@pytest.mark.parametrize(("most", "result", "seen", "to"), [
    (12, Result.OK, "6 needed, 6 of 12 in use", ""),
    (11, Result.WARNING, "2 needed, 6 of 11 in use; at max_size = 3 it needs 6", "12"),
    (8, Result.WARNING, "2 needed, 6 of 8 in use; at max_size = 3 it needs 6", "12"),
    (7, Result.PROBLEM, "2 needed, 6 of 7 in use", "12"),
    (0, Result.PROBLEM, "2 needed, 6 of 0 in use", "12"),
])
def test_vcpus(most: float, result: Result, seen: str, to: str) -> None:
    finding = found(Account(account(get_service_quota={"Quota": {"Value": most}})))[f"vCPUs {EAST}"]
    assert (finding.result, finding.seen) == (result, seen)
    assert f"--quota-code L-1216C47A --desired-value {to} " in finding.mend if to else not finding.mend


def test_vcpus_of_another_family() -> None:
    group = of("auto_scaling_group")[0]
    assert isinstance(group, AutoScalingGroup)
    outcome = quotas.room(group, EAST, 5, 0, {"InstanceType": "g5.xlarge", "VCpuInfo": {"DefaultVCpus": 4}})
    assert outcome.result is Result.UNKNOWN
    assert outcome.seen == "can't be checked: g5.xlarge is of a family with a quota of its own"


@pytest.mark.parametrize(("one", "count"), [
    (instance(), 2), (instance("m7g.large", 4), 8), (instance("im4gn.large"), 2), (instance("z1d.large"), 2),
    (instance("g5.xlarge"), 0), (instance("mac1.metal"), 0), (instance("inf1.xlarge"), 0),
    (instance("trn1.2xlarge"), 0), (instance("hpc7a.12xlarge"), 0), (instance("dl1.24xlarge"), 0),
    (instance("x2gd.large"), 0),
    (instance(InstanceLifecycle="spot"), 0), (instance(InstanceLifecycle="capacity-block"), 0)])
def test_what_counts_as_a_standard_instance_on_demand(one: dict[str, Any], count: int) -> None:
    assert quotas.vcpus([one]) == count


def test_only_what_runs_counts() -> None:
    aws = Account(account())
    aws.ask(quotas.running(aws))
    (_, _, parameters), = aws.calls
    assert parameters["Filters"] == [{"Name": "instance-state-name", "Values": ["pending", "running"]}]


@pytest.mark.parametrize(("groups", "result"), [(4, Result.OK), (5, Result.PROBLEM)])
def test_groups_of_an_endpoint_that_is_shared(groups: int, result: Result) -> None:
    theirs = {"logs": Serving("vpce-1", "TapStack/other", tuple(f"sg-{n}" for n in range(groups))),
              "s3": Serving("vpce-2", "TapStack/other")}
    there, want = {EAST: network(endpoints=theirs)}, settings()
    making = [one for one in build(PLACE, there, want).values() if one.kind == "endpoint_share"]
    aws = Account(account(get_service_quota={"Quota": {"Value": 5.0}}))
    (finding,) = made(quotas.checks(aws, aws.at("home"), making, there, want))
    assert (finding.check, finding.region) == ("quota of security groups of vpce-1", EAST)
    assert (finding.result, finding.seen) == (result, f"1 needed, {groups} of 5 in use")
    assert ("--service-code vpc --quota-code L-2AFB9258 --desired-value 6" in finding.mend) is (groups == 5)


def test_a_quota_that_was_never_changed_is_awss_default() -> None:
    aws = Account(account(get_service_quota=refusal("NoSuchResourceException"),
                          get_aws_default_service_quota={"Quota": {"Value": 5.0}}))
    assert aws.ask(quotas.service_quota(aws, "ec2", "L-1216C47A")) == 5.0
    assert [parameters for _, _, parameters in aws.calls] == [{"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}] * 2


def test_what_may_not_be_asked() -> None:
    denied = refusal("AccessDeniedException", "x is not authorized to perform: servicequotas:GetServiceQuota", "Get")
    findings = found(Account(account(get_service_quota=denied)))
    assert said(findings["buckets"]) == (
        Result.UNKNOWN, "can't be checked: not allowed: servicequotas:GetServiceQuota", "")
    assert findings["roles"].result is Result.OK


def test_a_check_names_its_quota() -> None:
    (check,) = quotas.check(quotas.REGIONAL[0], Account(account()), of("security_group"), facts()[EAST], EAST)
    assert (check.name, check.region) == ("quota of security groups", EAST)
