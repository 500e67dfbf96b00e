"""Whether all reach what they must: internet -> load balancer -> application -> database and endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapctl.needs import named
from tapctl.permissions import allowed, denied
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.resources.listener import PORTS, Listener
from tapctl.resources.load_balancer import SERVING, LoadBalancer
from tapctl.resources.target_group import TargetGroup
from tapctl.serving import statements
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.paths import INTERNET, Party, hindrances, lets, listed
from tapctl.verify.role import used
from tapctl.verify.seen import Saw, counted, saw

HTTPS = PORTS["https"]
PASSING = ("healthy", "initial", "draining")  # instances come and go: enough healthy ones is what counts


def entrance(look: Look) -> Saw:
    balancer, party, subnets = look.one(LoadBalancer).raw, parties.load_balancer(look), parties.entrance_subnets(look)
    purposes = ["http", "https"] if look.certificate else ["http"]
    ports = [int(look.one(Listener, purpose).raw["Port"]) for purpose in purposes]
    wrong = [line for port in ports for line in hindrances(INTERNET, party, port)]
    if balancer["Scheme"] != "internet-facing":
        wrong.append(f"the load balancer is {balancer['Scheme']}")
    if balancer["State"]["Code"] not in SERVING:
        wrong.append(f"the load balancer is {balancer['State']['Code']}")
    for subnet in subnets:
        table, its = parties.routes(look, subnet)
        if not any(route.get("DestinationCidrBlock") == "0.0.0.0/0" and str(route.get("GatewayId")).startswith("igw-")
                   for route in its):
            wrong.append(f"route table {table} of {subnet} has no route to an internet gateway")
    return saw(f"internet -> {listed(party.groups)} on {', '.join(map(str, ports))}, "
               f"{counted(len(subnets), 'subnet')} with a route to an internet gateway", wrong)


def application(look: Look) -> Saw:
    listener = look.one(Listener, "https" if look.certificate else "http").raw
    group = look.one(TargetGroup)
    source, target, port = parties.load_balancer(look), parties.application(look), look.settings.app.port
    wrong = list(hindrances(source, target, port))
    if group.raw["Port"] != port:
        wrong.append(f"the target group sends to port {group.raw['Port']}, and the application listens on {port}")
    if group.id not in forwarded(listener):
        wrong.append(f"the listener on {listener['Port']} does not forward to the stack's target group")
    if group.id not in look.one(AutoScalingGroup).raw["TargetGroupARNs"]:
        wrong.append("the Auto Scaling group does not register its instances with the stack's target group")
    return saw(f"listener {listener['Port']} -> {listed(source.groups)} -> {listed(target.groups)} on {port}", wrong)


def forwarded(listener: Mapping[str, Any]) -> Iterator[str]:
    """The target groups that a listener sends everybody to."""
    for action in listener["DefaultActions"]:
        if action["Type"] == "forward":
            yield from (one["TargetGroupArn"] for one in
                        [action, *action.get("ForwardConfig", {}).get("TargetGroups", [])] if "TargetGroupArn" in one)


def targets(look: Look) -> Saw:
    least = look.settings.sizes.min_size
    health = {one["Target"]["Id"]: one["TargetHealth"] for one in look.answers(
        "elbv2", "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=look.one(TargetGroup).id)}
    healthy = [name for name, its in health.items() if its["State"] == "healthy"]
    wrong = [f"{name} is {its['State']}: {its.get('Description', its.get('Reason', 'no reason given'))}"
             for name, its in sorted(health.items()) if its["State"] not in PASSING]
    if len(healthy) < least:
        wrong.append(f"{counted(len(healthy), 'healthy target')}, and at least {least} must be")
    return saw(f"{len(healthy)} of {counted(len(health), 'target')} healthy, at least {least} must be", wrong)


def database(look: Look) -> Saw:
    source, target, port = parties.application(look), parties.database(look), parties.port_of(look.one(Database))
    return saw(f"{listed(source.groups)} -> {listed(target.groups)} on {port}", hindrances(source, target, port))


def endpoints(look: Look) -> Saw:
    source, found = parties.application(look), parties.endpoints(look)
    wrong = [line for service, raw in found.items() for line in
             (unreached(look, source, service, raw) if raw else [f"the VPC has no endpoint of {service} that serves"])]
    refused, open_still = judged(look)
    seen = [f"{service} by {raw['VpcEndpointId']}" for service, raw in found.items() if raw]
    return saw("; ".join(("application -> " + (", ".join(seen) or "no endpoint"), *open_still)), [*wrong, *refused])


def judged(look: Look) -> tuple[list[str], list[str]]:
    """(what the policies of endpoints refuse, what those of others may refuse by conditions that can't be judged here),
    a line each. Of the stack's own, all must be sure."""
    refused, open_still, calls = [], [], used(look)
    for service, raw in parties.on_the_way(look):
        policy = statements(raw)
        unsure = [need for need in calls.get(service, ()) if not allowed(policy, need)]
        wrong = [need for need in unsure if parties.is_own(look, raw) or denied(policy, need)]
        if wrong:
            refused.append(f"the policy of {raw['VpcEndpointId']} refuses {named(wrong)}")
        elif unsure:
            open_still.append(f"the policy of {raw['VpcEndpointId']} may refuse {named(unsure)}")
    return refused, open_still


def unreached(look: Look, source: Party, service: str, raw: Mapping[str, Any]) -> Iterator[str]:
    """Why an endpoint is not reached."""
    target = parties.behind(look, service, raw)
    if raw["VpcEndpointType"] == "Interface":
        if not raw["PrivateDnsEnabled"]:
            yield f"{raw['VpcEndpointId']} does not answer for the private name of {service}"
        yield from hindrances(source, target, HTTPS)
        return
    for subnet in parties.app_subnets(look):
        table, its = parties.routes(look, subnet)
        if not any(route.get("DestinationPrefixListId") in target.lists
                   and str(route.get("GatewayId")).startswith("vpce-") for route in its):
            yield f"route table {table} of {subnet} has no route to {service} by an endpoint"
    if not lets(source, "out", HTTPS, target):
        yield f"no security group of the application lets tcp {HTTPS} out to {listed(target.lists)}, {service}"


CHECKS = (
    Check("reachability.load-balancer", "The internet reaches the load balancer on every port that it listens on: its "
          "groups let it in, its subnets route to an internet gateway.", entrance),
    Check("reachability.application", "The load balancer forwards to the application and reaches it on its port.",
          application),
    Check("reachability.targets", "The load balancer finds enough instances healthy, and none unhealthy.", targets,
          "see the target group's health checks and the application's log; `tapctl status` tells the rest"),
    Check("reachability.database", "The application reaches the region's database on its port.", database),
    Check("reachability.endpoints", "The application reaches every VPC endpoint that it needs, and its "
          "policy lets through what the application does.", endpoints),
)
