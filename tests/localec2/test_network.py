"""A VPC lets through what AWS's does: shown with real packets between namespaces."""

import json
import socket
import subprocess

from infra.localec2.addresses import METADATA, OPERATOR
from infra.localec2.desired_state import Route, Rule
from infra.localec2.host import namespaces
from infra.localec2.host.network import Network
from infra.localec2.paths import API_PORT
from tests.localec2.vpc import ALL, Vpc, came_from, ident, instance_of, ip

HTTP = Rule("tcp", 80, 80, cidr="0.0.0.0/0")
PODS = "10.200.0.0/24"
POD = "10.200.0.5"


def test_a_port_is_closed_until_a_rule_opens_it(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(12)
    vpc.ingress("sg-1")
    with two.listens("10.0.1.12", 80), two.listens("10.0.1.12", 81):
        assert not one.reaches("10.0.1.12", 80)
        vpc.ingress("sg-1", HTTP)
        assert one.reaches("10.0.1.12", 80)
        assert not one.reaches("10.0.1.12", 81)
        vpc.ingress("sg-1")
        assert not one.reaches("10.0.1.12", 80)


def test_the_test_run_needs_a_rule_for_its_own_address(vpc: Vpc) -> None:
    two = vpc.machine(12)
    vpc.ingress("sg-1", Rule("tcp", 22, 22, cidr="10.255.255.2/32"))
    with two.listens("10.0.1.12", 22) as server:
        assert not vpc.operator.reaches("10.0.1.12", 22)
        vpc.ingress("sg-1", Rule("tcp", 22, 22, cidr=f"{OPERATOR}/32"))
        assert vpc.operator.reaches("10.0.1.12", 22)
        assert came_from(server) == OPERATOR


def test_a_rule_for_the_test_run_is_none_for_machines(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(12)
    vpc.ingress("sg-1", Rule("tcp", 22, 22, cidr=f"{OPERATOR}/32"))
    with two.listens("10.0.1.12", 22):
        assert not one.reaches("10.0.1.12", 22)


def test_status_checks_pass_by_every_group(vpc: Vpc) -> None:
    two = vpc.machine(12)
    vpc.ingress("sg-1")
    with two.listens("10.0.1.12", 22):
        assert vpc.operator.reaches("10.0.1.12", 22, source="10.0.1.1")


def test_a_group_admits_members_of_a_group(vpc: Vpc) -> None:
    member, other = vpc.machine(11, group="sg-api"), vpc.machine(12, group="sg-other")
    target = vpc.machine(13, group="sg-etcd")
    for group in ("sg-api", "sg-other"):
        vpc.ingress(group)
    vpc.ingress("sg-etcd", Rule("tcp", 2379, 2379, group_id="sg-api"))
    with target.listens("10.0.1.13", 2379):
        assert member.reaches("10.0.1.13", 2379)
        assert not other.reaches("10.0.1.13", 2379)


def test_pods_are_reached_only_with_a_route_and_without_the_check(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(21)
    two.has(POD)
    vpc.ingress("sg-1", HTTP)
    with two.listens(POD, 80):
        assert not one.reaches(POD, 80)
        vpc.change(21, source_dest_check=False)
        assert not one.reaches(POD, 80)  # no route yet
        vpc.route(Route(PODS, ident(21)))
        assert one.reaches(POD, 80)
        vpc.change(21, source_dest_check=True)
        assert not one.reaches(POD, 80)
        vpc.change(21, source_dest_check=False)
        vpc.route()
        assert not one.reaches(POD, 80)


def test_a_checked_machine_gets_nothing_for_others(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(21)
    two.has(POD)
    vpc.ingress("sg-1", ALL)
    vpc.route(Route(PODS, ident(21)))
    with two.hears(POD, 53) as ears:
        one.says(POD, 53, source="10.0.1.11")
        assert not heard(ears)
        vpc.change(21, source_dest_check=False)
        one.says(POD, 53, source="10.0.1.11")
        assert heard(ears)


def test_a_route_to_a_machine_that_is_gone_swallows(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(21, source_dest_check=False)
    two.has(POD)
    vpc.ingress("sg-1", ALL)
    vpc.route(Route(PODS, ident(21)))
    with two.listens(POD, 80):
        assert one.reaches(POD, 80)
        vpc.change(21, wanted="terminated")
        assert not one.reaches(POD, 80)
    shown = subprocess.run(
        ["ip", "-n", vpc.name, "-json", "route", "show", PODS], capture_output=True, check=True
    )
    assert json.loads(shown.stdout)[0]["type"] == "blackhole"


def test_a_false_source_is_dropped(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(12)
    one.has("10.0.1.99")
    vpc.ingress("sg-1", ALL)
    with two.hears("10.0.1.12", 53) as ears:
        one.says("10.0.1.12", 53, source="10.0.1.99")
        assert not heard(ears)
        vpc.change(11, source_dest_check=False)
        one.says("10.0.1.12", 53, source="10.0.1.99")
        assert heard(ears)


def test_a_public_address_leads_to_its_machine(vpc: Vpc) -> None:
    two = vpc.machine(12)
    vpc.ingress("sg-1", Rule("tcp", 22, 22, cidr=f"{OPERATOR}/32"))
    with two.listens("10.0.1.12", 22), two.listens("10.0.1.12", 80):
        assert not vpc.operator.reaches("203.0.113.7", 22)
        vpc.change(12, public_ip="203.0.113.7")
        assert vpc.operator.reaches("203.0.113.7", 22)
        assert not vpc.operator.reaches("203.0.113.7", 80)  # judged like any other way in
        vpc.change(12, public_ip=None)
        assert not vpc.operator.reaches("203.0.113.7", 22)


def test_a_machine_that_comes_by_a_public_address_is_seen_by_its_own(vpc: Vpc) -> None:
    one, two = vpc.machine(11, public_ip="203.0.113.6"), vpc.machine(12, public_ip="203.0.113.7")
    vpc.ingress("sg-1", Rule("tcp", 80, 80, group_id="sg-1"))
    with two.listens("10.0.1.12", 80) as server:
        assert one.reaches("10.0.1.12", 80)
        assert not one.reaches("203.0.113.7", 80)  # a group means private addresses
        vpc.ingress("sg-1", Rule("tcp", 80, 80, cidr="203.0.113.6/32"))
        assert not one.reaches("10.0.1.12", 80)
        assert one.reaches("203.0.113.7", 80)
        assert [came_from(server) for _ in range(2)] == ["10.0.1.11", "203.0.113.6"]


def test_without_a_public_address_there_is_no_way_out(vpc: Vpc) -> None:
    one, two = vpc.machine(11), vpc.machine(12, public_ip="203.0.113.7")
    vpc.ingress("sg-1", ALL)
    with two.listens("10.0.1.12", 80):
        assert not one.reaches("203.0.113.7", 80)


def test_metadata_and_the_machines_api_and_nothing_else_of_ours_is_reached(vpc: Vpc) -> None:
    """At the metadata's address the API wants a role's credentials; elsewhere nobody reaches it."""
    one = vpc.machine(11)
    vpc.ingress("sg-1", ALL)
    listening = [vpc.operator.listens("0.0.0.0", port) for port in (80, API_PORT, 22)]
    with listening[0], listening[1], listening[2]:
        assert one.reaches(METADATA, 80)
        assert one.reaches(METADATA, API_PORT)
        assert not one.reaches(METADATA, 22)
        assert not one.reaches("10.0.1.1", API_PORT)
        assert not one.reaches("10.0.1.1", 80)
        assert not one.reaches(OPERATOR, 80)


def test_a_new_daemon_repairs_what_it_finds(vpc: Vpc) -> None:
    vpc.sync(instances=(instance_of(11, "sg-1"), instance_of(12, "sg-1")))
    vpc.ingress("sg-1", HTTP)
    vpc.route(Route(PODS, ident(12)))
    before = shown(vpc)
    ip("-n", vpc.name, "route", "delete", "10.0.1.12")
    ip("-n", vpc.name, "route", "add", "blackhole", "10.200.1.0/24")
    ip("netns", "exec", vpc.name, "nft", "flush", "ruleset")
    assert shown(vpc) != before
    vpc.network = Network()
    vpc.sync()
    assert shown(vpc) == before


def test_a_machine_that_is_gone_leaves_no_interface(vpc: Vpc) -> None:
    vpc.sync(instances=(instance_of(11, "sg-1"), instance_of(12, "sg-1")))
    assert len(namespaces.interfaces(vpc.name)) == 2
    vpc.change(12, wanted="terminated")
    assert len(namespaces.interfaces(vpc.name)) == 1
    vpc.sync(instances=())
    assert namespaces.interfaces(vpc.name) == ()


def heard(ears: socket.socket) -> bool:
    try:
        return bool(ears.recv(16))
    except TimeoutError:
        return False


def shown(vpc: Vpc) -> str:
    looks = (["ip", "route", "show"], ["nft", "list", "ruleset"])
    return "".join(
        subprocess.run(
            ["ip", "netns", "exec", vpc.name, *look], capture_output=True, text=True, check=True
        ).stdout
        for look in looks
    )
