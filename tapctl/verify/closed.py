"""That nothing else is reachable: every rule of every group in force is one that somebody needs."""

from __future__ import annotations

from tapctl.resources.database import Database
from tapctl.resources.listener import PORTS
from tapctl.resources.security_group import Rule
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.paths import Party, exactly, strange
from tapctl.verify.peers import joined
from tapctl.verify.seen import Saw, counted, saw

HTTPS = PORTS["https"]


def told(party: Party, directions: tuple[str, ...], wrong: list[str]) -> Saw:
    """What its groups let pass in these directions, and what of that is wrong."""
    passing = [str(rule) for rule in sorted(party.rules) if rule[0] in directions]
    return saw(", ".join(passing) or "nothing passes", wrong)


def nothing(rule: Rule) -> bool:
    return False


def load_balancer(look: Look) -> Saw:
    party, application = parties.load_balancer(look), parties.application(look)

    def entrance(rule: Rule) -> bool:
        return rule[1] in ("tcp", "6") and rule[2] == rule[3] and rule[2] in PORTS.values()

    return told(party, ("in", "out"), [
        *strange(party, "in", entrance), *strange(party, "out", exactly(look.settings.app.port, application.groups))])


def application(look: Look) -> Saw:
    party, source = parties.application(look), parties.load_balancer(look)
    return told(party, ("in",), list(strange(party, "in", exactly(look.settings.app.port, source.groups))))


def ways_out(look: Look) -> Saw:
    party, database = parties.application(look), parties.database(look)
    served, lists = parties.endpoints(look), parties.prefix_lists(look)
    doors = {group for service, raw in served.items() if raw for group in parties.behind(look, service, raw).groups}
    https = exactly(HTTPS, doors | {lists[service] for service in served if service in lists})
    beyond = {str(network) for there in joined(look) for network in parties.database(there).networks}
    postgres = exactly(parties.port_of(look.one(Database)), {*database.groups, *beyond})
    return told(party, ("out",), list(strange(party, "out", lambda rule: https(rule) or postgres(rule))))


def database(look: Look) -> Saw:
    party, source = parties.database(look), parties.application(look)
    beyond = {str(network) for there in joined(look)
              for network in parties.networks(there, parties.app_subnets(there))}
    known = exactly(parties.port_of(look.one(Database)), {*source.groups, *beyond})
    return told(party, ("in", "out"), [*strange(party, "in", known), *strange(party, "out", nothing)])


def endpoints(look: Look) -> Saw:
    """Of the stack's own interfaces, without the groups of stacks that share them: these aren't its to judge."""
    source, theirs = parties.application(look), parties.groups_of_others(look)
    own = [raw for raw in parties.endpoints(look).values()
           if raw and raw["VpcEndpointType"] == "Interface" and parties.is_own(look, raw)]
    groups = {group["GroupId"] for raw in own for group in raw["Groups"]} - theirs
    party = Party("its endpoints", frozenset(groups), parties.rules(look, groups))
    return told(party, ("in", "out"), [*strange(party, "in", exactly(HTTPS, source.groups)),
                                       *strange(party, "out", nothing)])


def addresses(look: Look) -> Saw:
    found = parties.instances(look)
    wrong = [f"{one['InstanceId']} has the public address {nic['Association']['PublicIp']}"
             for one in found for nic in one["NetworkInterfaces"] if nic.get("Association", {}).get("PublicIp")]
    return saw(f"{counted(len(found), 'instance')}, {len(wrong) or 'no'} public addresses", wrong)


CHECKS = (
    Check("reachability.closed.load-balancer", "The load balancer's groups let in HTTP and HTTPS alone, and out to the "
          "application's port alone.", load_balancer),
    Check("reachability.closed.application", "Nobody but the load balancer gets in to the application.", application),
    Check("reachability.closed.ways-out", "The application gets out to the database and the endpoints alone.",
          ways_out),
    Check("reachability.closed.database", "Nobody but the application, and a peered region's, gets in to the database; "
          "it gets out to nobody.", database),
    Check("reachability.closed.endpoints", "Nobody but the application gets in to the stack's own interface "
          "endpoints.", endpoints),
    Check("reachability.closed.addresses", "No instance has a public address.", addresses,
          "take the address off, or terminate the instance: the Auto Scaling group launches another without one"),
)
