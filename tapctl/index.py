"""What AWS's index of tags shows, one call a region. It is incomplete and late: a hint to people, never the truth.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from tapctl.model import Aws, Denied
from tapctl.naming import OWNERSHIP_KEY, OWNERSHIP_STACK, tag_dict
from tapctl.observe import guarded

COPIES = (":snapshot:", ":auto-backup:")  # what RDS itself copies a database's tags to


def tagged(aws: Aws, **filters: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """(ARN, tags) of everything in the region that carries tapctl's tags. filters: a tag's name -> its values."""
    wanted = [{"Key": name, "Values": list(values)} for name, values in {OWNERSHIP_STACK: (), **filters}.items()]
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=wanted)
    for page in pages:
        for resource in page["ResourceTagMappingList"]:
            yield resource["ResourceARN"], tag_dict(resource["Tags"])


def stacks(aws: Aws) -> Counter[str]:
    """Stack -> number of things that the index shows of it in the region, without what is listed though it is gone."""
    return Counter(tags[OWNERSHIP_STACK] for arn, tags in tagged(aws) if not going(aws, arn))


def going(aws: Aws, arn: str) -> bool:
    """Whether nothing has to be done about it: an instance, which is its group's and is listed
    for an hour after its end; a key that AWS will delete, for a week; a copy that RDS has made."""
    if ":key/" in arn:
        key = guarded(lambda: aws.client("kms").describe_key(KeyId=arn))
        return not isinstance(key, Denied) and bool(key["KeyMetadata"]["KeyState"] == "PendingDeletion")
    return ":instance/" in arn or any(copy in arn for copy in COPIES)


def strangers(aws: Aws, owned: Collection[str]) -> Iterator[str]:
    """ARNs in the region that claim to be one of this stack's resources, and are none of those with an id in `owned`:
    their tags were copied or forged, or they have just been deleted and the index doesn't know yet."""
    stack = {OWNERSHIP_STACK: (aws.place.stack,), OWNERSHIP_KEY: ()}
    for arn, _ in tagged(aws, **stack):
        known = arn in owned or any(arn.endswith((f"/{name}", f":{name}")) for name in owned)
        if not known and not any(copy in arn for copy in COPIES):
            yield arn
