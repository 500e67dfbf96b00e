"""Every kind that a stack can hold. A new kind is a file here and a line in KINDS."""

from __future__ import annotations

from tapctl.model import Kind
from tapctl.resources.alarm import Alarm
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database, RetainedBackup
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.endpoint import Endpoint
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.instance_profile import InstanceProfile
from tapctl.resources.kms_key import KmsKey, StrayKey
from tapctl.resources.launch_template import LaunchTemplate
from tapctl.resources.listener import Listener
from tapctl.resources.load_balancer import LoadBalancer
from tapctl.resources.log_group import LogGroup
from tapctl.resources.peering import Peering
from tapctl.resources.peering_routes import LeftRoutes
from tapctl.resources.role import Role
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup
from tapctl.resources.service_linked_role import ServiceLinkedRole
from tapctl.resources.table import Table
from tapctl.resources.target_group import TargetGroup
from tapctl.resources.vpc_claim import VpcClaim

KINDS: tuple[type[Kind], ...] = (
    ServiceLinkedRole,
    KmsKey,
    StrayKey,
    Bucket,
    LogGroup,
    Role,
    InstanceProfile,
    SecurityGroup,
    Endpoint,
    EndpointShare,
    VpcClaim,
    Peering,
    LeftRoutes,
    LoadBalancer,
    TargetGroup,
    Listener,
    LaunchTemplate,
    AutoScalingGroup,
    DbSubnetGroup,
    Secret,
    Database,
    RetainedBackup,
    Table,
    Alarm,
)
