"""How long AWS takes, in seconds: the median of what was measured on real accounts, by what is waited for."""

from __future__ import annotations

MINUTE = 60.0

DB_SINGLE_ZONE = 6.5 * MINUTE
DB_MULTI_ZONE = 13 * MINUTE
DB_REPLICA = 18 * MINUTE
DB_BACKING_UP = 1 * MINUTE  # part of the creation's time, seen as a state of its own
DB_MODIFY = 1 * MINUTE
DB_DELETE_SINGLE_ZONE = 4.5 * MINUTE
DB_DELETE_MULTI_ZONE = 6.5 * MINUTE
DB_DELETE_REPLICA = 5 * MINUTE

LOAD_BALANCER = 150.0
LOAD_BALANCER_INTERFACES = 90.0  # after the load balancer is gone its security groups are still in use
INSTANCE_IN_SERVICE = 60.0
INSTANCE_HEALTHY = INSTANCE_IN_SERVICE + 45
INSTANCE_REFRESH = 3 * MINUTE
AUTO_SCALING_GROUP_DELETE = 75.0

GATEWAY_ENDPOINT = 6.0
INTERFACE_ENDPOINT = 90.0
INTERFACE_ENDPOINT_DELETE = 60.0
PEERING = 8.0

TABLE = 8.0
TABLE_BACKUPS = TABLE + 5
TABLE_DELETE = 7.0

SECRET_REPLICATION = 5.0
