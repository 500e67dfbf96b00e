"""Which environment may have been meant."""

from __future__ import annotations

import pytest

from tests.stage import EAST, WEST, Stage, stack_table

ASKED = "resourcegroupstaggingapi:GetResources"


@pytest.mark.parametrize(("name", "said"), [
    ("prodution", "nothing of TapStack/prodution stands, and no environment of that name is configured; "
                  "did you mean production?"),
    ("stagin", "did you mean staging?"), ("pr-7", "no environment of that name is configured"),
    ("production", "nothing of TapStack/production stands")])
def test_what_is_configured(stage: Stage, name: str, said: str) -> None:
    for command in ("outputs",), ("down", "--yes"), ("plan",), ("status",), ("graph",):
        code, out, err = stage.run(*command, "--env", name)
        told = [line for line in (out + err).splitlines() if line.rstrip("?").endswith(said.rstrip("?"))]
        assert (code, len(told)) == (0, command not in (("plan",), ("graph",)) or name != "production"), command
    assert not stage.wires.meter.mutating


def test_of_a_lock_that_nobody_has(stage: Stage) -> None:
    """A stack that stands may well have it, configured or not."""
    stack_table(stage, WEST, "feature-7")
    for name, more in ("feature7", ", and no environment of that name is configured; did you mean feature-7?"), (
            "feature-7", ""), ("staging", ""):
        code, out, err = stage.run("unlock", "--env", name)
        assert (code, out.endswith(f"nobody has the lock of TapStack/{name}{more}\n"), err) == (0, True, "")
    assert sum(str(call).endswith("GetResources") for call in stage.wires.meter.calls) == 4


def test_what_stands(stage: Stage) -> None:
    stage.wires.raw("dynamodb", WEST).create_table(
        TableName="x", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=[{"Key": "tapctl:stack", "Value": stack} for stack in ["TapStack/feature-7"]])
    said = "nothing of TapStack/feature7 stands, and no environment of that name is configured; did you mean feature-7?"
    code, _, err = stage.run("verify", "--env", "feature7", "-o", "json", "--only", "tags")
    assert (code, said in err) == (1, True)
    assert said in stage.run("outputs", "--env", "feature7")[2]
    assert "stands" not in stage.run("outputs", "--env", "feature7", "--region", WEST)[2]
    stage.wires.meter.denied = (ASKED,)
    assert said.partition(";")[0] + "\n" in stage.run("outputs", "--env", "feature7")[2]


def test_nothing_is_said_of_what_stands(stage: Stage) -> None:
    stack_table(stage, EAST)
    for command in (("down", "--output", "json"), ("outputs",), ("plan",), ("status",), ("verify", "--only", "role")):
        assert "nothing of" not in "".join(map(str, stage.run(*command, "--env", "staging")))
    stage.wires.raw("dynamodb", EAST).update_continuous_backups(
        TableName=stage.session().place.name(), PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    code, out, _ = stage.run("verify", "--env", "staging", "--only", "backups.table", "--region", EAST)
    assert (code, "1 passed" in out.splitlines()[-1]) == (0, True)
