"""Configurations that are sound in themselves, and that the account or its regions have no match for."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bad_input.row import KEYS, Row

ZONES = "of the VPC's zones offer all that the stack needs"
REFUSED = ("<Response><Errors><Error><Code>AuthFailure</Code><Message>AWS was not able to validate the provided access "
           "credentials</Message></Error></Errors><RequestID>c0ffee</RequestID></Response>")
#: What a region that isn't enabled says to whatever EC2 is asked first there.
CLOSED = {f"{call} us-west-2": (401, REFUSED) for call in (
    "DescribeVpcs", "DescribeSubnets", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeVpcEndpoints",
    "DescribeAvailabilityZones", "DescribeInstanceTypeOfferings", "DescribeManagedPrefixLists")}


def mismatch(environ: Mapping[str, str], *said: str, args: str = "plan --env staging") -> Row:
    return Row(said, args=args, environ={**KEYS, "TAPCTL_REGIONS": "us-east-1", **environ}, emulated=True)


ACCOUNTS = (
    mismatch({"TAPCTL_NETWORK__VPC_ID__US_EAST_1": "vpc-0123456789abcdef0"},
             "us-east-1 has no VPC vpc-0123456789abcdef0", "[network] vpc_id"),
    mismatch({"TAPCTL_AMI_PARAMETER": "/no/such"}, "us-east-1: there is no parameter /no/such", "ami_parameter"),
    mismatch({"TAPCTL_CERTIFICATE_ARNS__US_EAST_1": "arn:aws:acm:us-east-1:123456789012:certificate/1-a"},
             "the certificate arn:aws:acm:us-east-1:123456789012:certificate/1-a is not there", "[certificate_arns]"),
    mismatch({"TAPCTL_ENVIRONMENTS__STAGING__INSTANCE_TYPE": "z9.huge"}, ZONES, "z9.huge in none", "[environments]"),
    mismatch({"TAPCTL_ENVIRONMENTS__STAGING__DATABASE_CLASS": "db.z9.huge"}, ZONES, "db.z9.huge in none",
             "[environments]", args="up --yes --env staging"),
    mismatch({"TAPCTL_DATABASE__MAJOR_VERSION": "99"}, ZONES, "in none"),
    mismatch({"TAPCTL_NETWORK__PEERING": "required"}, "peering is required, and there is no region beside us-east-1",
             'peering = "auto"', args="up --yes --env staging"),
    mismatch({"TAPCTL_NETWORK__PEERING": "required", "TAPCTL_REGIONS": "us-east-1,us-west-2"}, "peering is required",
             "172.31.0.0/16 in us-east-1 overlaps 172.31.0.0/16 in us-west-2", "[network] vpc_id"),
    *(Row(["AWS does not accept these credentials in us-west-2", "AuthFailure",
           "aws account enable-region --region-name us-west-2"], args=args, answers=CLOSED, emulated=True,
          environ={**KEYS, "TAPCTL_REGIONS": "us-east-1,us-west-2", "TAPCTL_NETWORK__PEERING": "off"})
      for args in ("up --yes --env staging", "down --yes --env staging", "verify --env staging")),
)
