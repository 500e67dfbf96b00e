"""Every kind that a stack can hold. A new kind is a file here and a line in KINDS."""

from __future__ import annotations

from tapctl.model import Kind
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database, RetainedBackup
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.kms_key import KmsKey, StrayKey
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup
from tapctl.resources.service_linked_role import ServiceLinkedRole

KINDS: tuple[type[Kind], ...] = (
    ServiceLinkedRole,
    KmsKey,
    StrayKey,
    Bucket,
    SecurityGroup,
    DbSubnetGroup,
    Secret,
    Database,
    RetainedBackup,
)
