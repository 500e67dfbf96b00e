"""VPC endpoints: their states, and what a VPC can have only once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from moto.ec2.models import ec2_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, clock, corrects, memory
from tapctl.emulator.corrections.servicequotas import QUOTAS

_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
_GATEWAYS = "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"
_INTERFACES = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"
_LIMITS = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_BUCKET, _REFILL = 4.0, 0.3  # calls, and calls a second
_STATES, _CHANGES = "endpoint states", "endpoint changes"


def _endpoints(region: str, vpc: str) -> list[Any]:
    return [one for one in ec2_backends[ACCOUNT][region].vpc_end_points.values() if one.vpc_id == vpc]


def _is_interface(call: Call) -> bool:
    return bool(call.params.get("VpcEndpointType", "Gateway") == "Interface")


@corrects("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints",
          page="https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html")
def few_at_a_time(call: Call, ask: Ask) -> Answer:
    """Four calls of each at once, and then one in more than three seconds."""
    buckets, key = memory("endpoint calls"), (call.region, call.operation)
    tokens, since = buckets.get(key, (_BUCKET, clock().moment()))
    tokens = min(_BUCKET, tokens + clock().since(since) * _REFILL)
    if tokens < 1:
        raise Refusal("RequestLimitExceeded", "Request limit exceeded.", 503)
    buckets[key] = tokens - 1, clock().moment()
    return ask()


@corrects("ec2", "CreateVpcEndpoint", "DescribeVpcEndpoints", "ModifyVpcEndpoint", "DeleteVpcEndpoints",
          "DeleteSecurityGroup", page=_API + "API_DeleteVpcEndpoints.html")
def deleted_endpoints_go(call: Call, ask: Ask) -> Answer:
    """A deleted one is `deleting` for a while and then no longer there; moto keeps it for ever."""
    for region, identifier in list(lifecycle.end_due(_STATES)):
        backend = ec2_backends[ACCOUNT][region]
        backend.delete_vpc_endpoints([identifier])
        del backend.vpc_end_points[identifier]
    return ask()


@corrects("ec2", "CreateVpcEndpoint", page=_API + "API_CreateVpcEndpoint.html")
def creation(call: Call, ask: Ask) -> Answer:
    """A gateway unless said otherwise, `pending` at first; one token, one endpoint; an interface always has a group."""
    ec2, token = ec2_backends[ACCOUNT][call.region], call.params.get("ClientToken")
    call.params.setdefault("VpcEndpointType", "Gateway")
    if _is_interface(call) and not call.params.get("SecurityGroupIds"):
        call.params["SecurityGroupIds"] = [ec2.get_default_security_group(call.params["VpcId"]).id]
    kept = memory("endpoint tokens").get((call.region, token)) if token else None
    if kept and kept[0] != call.params:
        raise Refusal("IdempotentParameterMismatch", "The client token was used with other parameters")
    if kept:
        return {"VpcEndpoint": kept[1], "ClientToken": token}
    sent = dict(call.params)
    answer = ask()
    made = answer["VpcEndpoint"]
    takes = durations.INTERFACE_ENDPOINT if _is_interface(call) else durations.GATEWAY_ENDPOINT
    lifecycle.begin(_STATES, (call.region, made["VpcEndpointId"]), ("pending", takes))
    made.update(State="pending", PrivateDnsEnabled=_is_interface(call) and made["PrivateDnsEnabled"])
    memory("endpoint tokens")[call.region, token] = (sent, made)
    return answer


@corrects("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint", page=_GATEWAYS)
def one_gateway_on_a_route_table(call: Call, ask: Ask) -> Answer:
    """Endpoint routes to a service can't be twice in a table; a table that is added gets the route."""
    ec2, params = ec2_backends[ACCOUNT][call.region], call.params
    if call.operation == "CreateVpcEndpoint":
        _refuse_taken_tables(call, params["VpcId"], params["ServiceName"], params.get("RouteTableIds", []))
        return ask()
    endpoint = ec2.vpc_end_points.get(params["VpcEndpointId"])
    if endpoint is None:
        return ask()
    added = [one for one in params.get("AddRouteTableIds", []) if one not in endpoint.route_table_ids]
    _refuse_taken_tables(call, endpoint.vpc_id, endpoint.service_name, added)
    removed = [one for one in params.get("RemoveRouteTableIds", []) if one in endpoint.route_table_ids]
    answer = ask()
    for table in added:
        ec2.create_route(table, None, gateway_id=endpoint.id,
                         destination_prefix_list_id=endpoint.destination_prefix_list_id)
    for table in removed:
        ec2.delete_route(table, endpoint.destination_prefix_list_id)
    return answer


def _refuse_taken_tables(call: Call, vpc: str, service: str, tables: Iterable[str]) -> None:
    for other in _endpoints(call.region, vpc):
        taken = set(other.route_table_ids or ()) & set(tables)
        if other.service_name == service and taken:
            raise Refusal("RouteAlreadyExists", f"route table {min(taken)} already has a route with "
                          f"destination-prefix-list-id {other.destination_prefix_list_id}")


@corrects("ec2", "CreateVpcEndpoint", page=_INTERFACES)
def one_private_name_in_a_vpc(call: Call, ask: Ask) -> Answer:
    """The service's private name is one endpoint's, in a VPC that resolves names; and a zone has one subnet."""
    params, ec2 = call.params, ec2_backends[ACCOUNT][call.region]
    if not _is_interface(call):
        return ask()
    zones = [ec2.get_subnet(subnet).availability_zone for subnet in params.get("SubnetIds", [])]
    if len(set(zones)) < len(zones):
        raise Refusal("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone")
    if params.get("PrivateDnsEnabled", True):
        _refuse_private_name(call.region, params["VpcId"], params["ServiceName"], None)
    return ask()


def _refuse_private_name(region: str, vpc_id: str, service: str, own: Any) -> None:
    vpc = ec2_backends[ACCOUNT][region].get_vpc(vpc_id)
    if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        raise Refusal("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and "
                      f"enableDnsHostnames VPC attributes set to true for {vpc.id}")
    for other in _endpoints(region, vpc.id):
        if other is not own and other.service_name == service and other.private_dns_enabled:
            name = ".".join(reversed(service.split("."))).removesuffix(".amazonaws.com")
            raise Refusal("InvalidParameter", "private-dns-enabled cannot be set because there is already a "
                          f"conflicting DNS domain for {name}.amazonaws.com in the VPC {vpc.id}")


@corrects("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint", page=_LIMITS)
def groups_are_limited(call: Call, ask: Ask) -> Answer:
    """An interface endpoint's network interfaces have so many groups, as the quota says; moto counts none."""
    params = call.params
    endpoint = ec2_backends[ACCOUNT][call.region].vpc_end_points.get(params.get("VpcEndpointId", ""))
    groups = {*(endpoint.security_group_ids or () if endpoint else ()), *params.get("SecurityGroupIds", ()),
              *params.get("AddSecurityGroupIds", ())} - {*params.get("RemoveSecurityGroupIds", ())}
    if len(groups) > QUOTAS["vpc", "L-2AFB9258"][1]:
        raise Refusal("SecurityGroupsPerInterfaceLimitExceeded",
                      "The maximum number of security groups per interface has been reached.")
    return ask()


@corrects("ec2", "ModifyVpcEndpoint", page=_API + "API_ModifyVpcEndpoint.html")
def modification(call: Call, ask: Ask) -> Answer:
    """The private name can be switched, and the policy be put back to the default; moto does neither."""
    endpoint, params = ec2_backends[ACCOUNT][call.region].vpc_end_points.get(call.params["VpcEndpointId"]), call.params
    if endpoint is None:
        return ask()
    wanted = params.get("PrivateDnsEnabled")
    if wanted is not None and endpoint.vpc_endpoint_type != "Interface":
        raise Refusal("InvalidParameter", "PrivateDnsEnabled is for interface endpoints only")
    if wanted:
        _refuse_private_name(call.region, endpoint.vpc_id, endpoint.service_name, endpoint)
    answer = ask()
    endpoint.private_dns_enabled = endpoint.private_dns_enabled if wanted is None else wanted
    if params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(endpoint.DEFAULT_POLICY)
    return answer


@corrects("ec2", "ModifyVpcEndpoint", page=_API + "API_ModifyVpcEndpoint.html")
def one_change_at_a_time(call: Call, ask: Ask) -> Answer:
    """An interface is changed for a while after the answer, in which AWS refuses another change."""
    key = call.region, call.params["VpcEndpointId"]
    if lifecycle.state(_CHANGES, key):
        raise Refusal("OperationInProgress", "VpcEndpoint modify operation in progress")
    answer = ask()
    if ec2_backends[ACCOUNT][call.region].vpc_end_points[key[1]].vpc_endpoint_type == "Interface":
        lifecycle.begin(_CHANGES, key, ("modifying", durations.INTERFACE_ENDPOINT_CHANGE))
    return answer


@corrects("ec2", "DescribeVpcEndpoints", page=_API + "API_VpcEndpoint.html")
def states(call: Call, ask: Ask) -> Answer:
    """In the state that the clock says; only an interface has a private name. A filter by state sees that state."""
    filters = {one["Name"]: one["Values"] for one in call.params.get("Filters", [])}
    wanted = filters.get("vpc-endpoint-state")
    if wanted:
        call.params["Filters"] = [one for one in call.params["Filters"] if one["Name"] != "vpc-endpoint-state"]
    answer = ask()
    for endpoint in answer["VpcEndpoints"]:
        state = lifecycle.state(_STATES, (call.region, endpoint["VpcEndpointId"]))
        endpoint["State"] = state or endpoint["State"]
        endpoint["PrivateDnsEnabled"] = endpoint["VpcEndpointType"] == "Interface" and endpoint["PrivateDnsEnabled"]
    return {**answer, "VpcEndpoints": [one for one in answer["VpcEndpoints"] if not wanted or one["State"] in wanted]}


@corrects("ec2", "DeleteVpcEndpoints", page=_API + "API_DeleteVpcEndpoints.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """Each is answered for: the call succeeds, and lists those that it found no more."""
    missing = []
    for identifier in call.params["VpcEndpointIds"]:
        key = call.region, identifier
        endpoint = ec2_backends[ACCOUNT][call.region].vpc_end_points.get(identifier)
        if endpoint is None or lifecycle.state(_STATES, key) == "deleting":
            error = {"Code": "InvalidVpcEndpoint.NotFound",
                     "Message": f"The Vpc Endpoint Id '{identifier}' does not exist"}
            missing.append({"ResourceId": identifier, "Error": error})
            continue
        takes = (durations.INTERFACE_ENDPOINT_DELETE if endpoint.vpc_endpoint_type == "Interface"
                 else durations.GATEWAY_ENDPOINT)
        lifecycle.begin(_STATES, key, ("deleting", takes), ends=True)
    return {"Unsuccessful": missing}
