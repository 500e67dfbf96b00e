"""Tags: on all that is the stack's, and on what its Auto Scaling group has launched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapctl.model import Kind, Resource
from tapctl.naming import OWNERSHIP_KEY, tag_dict
from tapctl.resources import KINDS
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Missing, Saw, counted, saw


def resources(look: Look) -> Saw:
    first = look.place.region == look.settings.primary
    found = [it for kind in KINDS if bears_tags(kind) and (kind.regional or first) for it in look.all(kind)]
    if not found:
        raise Missing("nothing of the stack is here")
    wrong = [line for it in found for line in lacking(it.key, it.tags, look.place.tags(it.key))]
    return saw(counted(len(found), "resource"), wrong)


def bears_tags(kind: type[Kind]) -> bool:
    return issubclass(kind, Resource) and any(aspect.name == "tags" for aspect in kind.aspects)


def lacking(what: str, have: Mapping[str, str], want: Mapping[str, str]) -> Iterator[str]:
    for name, value in want.items():
        if name not in have:
            yield f"{what} has no tag {name}"
        elif have[name] != value:
            yield f"{what}: {name} is {have[name]!r}, not {value!r}"


def launched(look: Look) -> Saw:
    """Without the key: it would be copied to snapshots and images, which then claim to be the thing itself."""
    want = look.place.launch_tags(look.one(AutoScalingGroup).key)
    machines, disks = parties.instances(look), parties.volumes(look)
    bear = {str(raw[name]): tag_dict(raw.get("Tags", []))
            for name, raws in (("InstanceId", machines), ("VolumeId", disks)) for raw in raws}
    wrong = [line for name, have in bear.items() for line in lacking(name, have, want)]
    wrong += [f"{name} bears {OWNERSHIP_KEY}" for name, have in bear.items() if OWNERSHIP_KEY in have]
    return saw(f"{counted(len(machines), 'instance')}, {counted(len(disks), 'volume')}", wrong)


CHECKS = (
    Check("tags.resources", "Everything that is the stack's bears its six tags, with the right values.", resources),
    Check("tags.launched", f"Instances and their volumes bear the tags too, and none of them {OWNERSHIP_KEY}.",
          launched, "terminate the instance: the Auto Scaling group launches another by the template"),
)
