"""What RDS allows an account, and what of it is in use."""

from __future__ import annotations

from moto.rds.models import rds_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects


@corrects("rds", "DescribeAccountAttributes",
          page="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeAccountAttributes.html")
def account_attributes(call: Call, ask: Ask) -> Answer:
    """AWS's defaults, and what stands in the region; moto answers none of it."""
    backend = rds_backends[ACCOUNT][call.region]
    databases = list(backend.databases.values())
    quotas = {"DBInstances": (len(databases), 40), "DBSubnetGroups": (len(backend.subnet_groups), 50),
              "AllocatedStorage": (sum(int(one.allocated_storage) for one in databases), 100000)}
    return {"AccountQuotas": [{"AccountQuotaName": name, "Used": used, "Max": most}
                              for name, (used, most) in quotas.items()]}
