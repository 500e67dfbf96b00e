"""What the account lacks, said by the commands before they change anything."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.events import Note
from tapctl.status import status
from tapctl.view import view
from tests.certificates import imported
from tests.stage import EAST, WEST, Stage
from tests.vpcs import Vpc, made


@pytest.fixture
def ec2(stage: Stage) -> Any:
    return stage.wires.raw("ec2", WEST)


@pytest.fixture
def vpc(ec2: Any) -> Vpc:
    return made(ec2, WEST, 1)


def refusal(stage: Stage, **more: Any) -> ConfigurationError:
    """Why nothing can be planned."""
    with pytest.raises(ConfigurationError) as raised:
        view(stage.session(**more))
    return raised.value


def there(vpc: Vpc) -> dict[str, Any]:
    return {"network.vpc_id": {WEST: vpc.id}}


def test_a_vpc_that_does_not_resolve_names(stage: Stage, ec2: Any, vpc: Vpc) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": False})
    assert refusal(stage, **there(vpc)).mend == (
        f"aws ec2 modify-vpc-attribute --region {WEST} --vpc-id {vpc.id} --enable-dns-hostnames Value=true")
    ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=default, EnableDnsSupport={"Value": False})
    assert refusal(stage).message == f"{WEST}: {default} has enableDnsSupport off"
    view(stage.session(**there(vpc)))


def test_a_vpc_without_a_way_to_the_internet(stage: Stage, ec2: Any, vpc: Vpc) -> None:
    table, = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": vpc.public}])["RouteTables"]
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    error = refusal(stage, **there(vpc))
    assert f"{vpc.id} needs public subnets in 2 zones, and has them in none" in error.message
    assert f"{vpc.public[0]} ({WEST}a, {table['RouteTableId']})" in error.reason
    assert f"aws ec2 create-route --region {WEST}" in error.mend


def test_a_vpc_that_is_not_there(stage: Stage) -> None:
    code, _, err = stage.run("plan", "--env", "staging", environ={
        "TAPCTL_NETWORK__VPC_ID__US_WEST_2": "vpc-0123456789abcdef0"})
    assert code == 3
    assert f"{WEST} has no VPC vpc-0123456789abcdef0" in err


def test_a_certificate_that_ends_soon_is_told_of_by_plan_and_status(stage: Stage) -> None:
    arn = imported(stage.wires.raw("acm", WEST), days=20.5)
    session = stage.session(**{"certificate_arns.us-west-2": arn})
    said = f"{WEST}: the certificate {arn} expires in 20 days"
    seen = view(session)
    assert [note for note in seen.planned.notes if note.startswith(said)]
    assert {key for key in seen.wanted if key.endswith("/listener/https")} == {f"{WEST}/listener/https"}
    status(session)
    assert [note for note in stage.heard(Note) if note.text.startswith(said)]


def test_a_certificate_that_is_of_no_use(stage: Stage) -> None:
    east = stage.wires.raw("acm", EAST)
    gone = imported(east, days=90)
    east.delete_certificate(CertificateArn=gone)
    assert refusal(stage, **{"certificate_arns.us-east-1": gone}).message.endswith(f"{gone} is not there")
    local = imported(east, days=90, name="localhost")
    assert refusal(stage, **{"certificate_arns.us-east-1": local}).reason.endswith("for localhost")
