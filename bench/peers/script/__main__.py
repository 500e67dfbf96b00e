"""`python -m bench.peers.script up FOLDER | down`. FOLDER holds the instances' start-up script of each region.

The endpoint and the credentials come from the environment, as everywhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3

from bench.peers.script import base, compute, data, network
from bench.peers.script.down import down
from bench.peers.script.here import REGIONS, Here


def up(here: Here, source: str) -> None:
    here.look_around()
    base.key(here)
    base.bucket(here, "logs", encrypted=True)
    base.bucket(here, "alb-logs", encrypted=False)
    base.log_group(here)
    base.role(here)
    network.security_groups(here)
    network.endpoints(here)
    network.load_balancer(here)
    compute.launch_template(here)
    compute.auto_scaling_group(here)
    if here.primary:
        data.secret(here)
    data.database(here, source)
    data.table(here)
    compute.alarms(here)


def main() -> None:
    account = boto3.client("sts", region_name=REGIONS[0]).get_caller_identity()["Account"]
    if sys.argv[1] == "up":
        scripts = Path(sys.argv[2])
        regions = [Here(region, account, (scripts / f"{region}.sh").read_bytes()) for region in REGIONS]
        base.service_linked_roles(regions[0])
        source = ""
        for here in regions:
            up(here, source)
            source = source or here.database
    else:
        for region in reversed(REGIONS):
            down(Here(region, account, b""))


if __name__ == "__main__":
    main()
