"""What RDS allows an account, and what of it is in use."""

from __future__ import annotations

from moto.rds.models import rds_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects
from tapctl.emulator.corrections.servicequotas import QUOTAS


@corrects("rds", "DescribeAccountAttributes",
          page="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeAccountAttributes.html")
def account_attributes(call: Call, ask: Ask) -> Answer:
    """AWS's defaults, and what stands in the region; moto answers none of it."""
    backend = rds_backends[ACCOUNT][call.region]
    databases = list(backend.databases.values())
    used = {"DBInstances": (len(databases), "L-7B6409FD"), "DBSubnetGroups": (len(backend.subnet_groups), "L-48C6BF61"),
            "AllocatedStorage": (sum(int(one.allocated_storage) for one in databases), "L-7ADDB58A")}
    return {"AccountQuotas": [{"AccountQuotaName": name, "Used": number, "Max": int(QUOTAS["rds", quota][1])}
                              for name, (number, quota) in used.items()]}
