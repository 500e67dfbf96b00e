"""What is read of an account, put together."""

from __future__ import annotations

from tapctl.facts import tables_of


def test_a_subnet_without_a_route_table_uses_the_main_one() -> None:
    tables = [{"RouteTableId": "rtb-main", "Associations": [{"Main": True}]},
              {"RouteTableId": "rtb-b", "Associations": [{"Main": False, "SubnetId": "subnet-b"}]}]
    assert tables_of(["subnet-a", "subnet-b"], tables) == ("rtb-b", "rtb-main")
