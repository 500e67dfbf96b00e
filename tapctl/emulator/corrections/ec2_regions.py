"""Regions: those of the account's partition, and of these only the enabled ones unless all are asked for."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, corrects

# What an account has from the start; all others of the partition have to be switched on.
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
_ENABLED = frozenset((
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2"))


@corrects("ec2", "DescribeRegions", page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html")
def only_enabled_regions(call: Call, ask: Ask) -> Answer:
    """Seventeen, unless AllRegions asks for those that are not enabled too; none of another partition."""
    answer = ask()
    regions = [one for one in answer["Regions"] if not one["RegionName"].startswith(("cn-", "us-gov-"))]
    for one in regions:
        one["OptInStatus"] = "opt-in-not-required" if one["RegionName"] in _ENABLED else "not-opted-in"
    every = call.params.get("AllRegions", False)
    return {**answer, "Regions": [one for one in regions if every or one["RegionName"] in _ENABLED]}
