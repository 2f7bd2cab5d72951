"""Machines of a cluster as the API lets them be known, and what they say when they are entered."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from infra.described.description import Role
from infra.survey import machines
from infra.survey.nodes import Answers, Node

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
"""Of a machine in my.toml (infra/described/description.py)."""


@dataclass(frozen=True)
class Candidate:
    """A machine to look at. ``named`` says that its name is the node's; ``api`` is its API server,
    empty for none or for one that does not answer from here.
    """

    name: str
    role: Role
    private: str
    named: bool = True
    ssh: str = ""
    api: str = ""
    about: str = ""


def of_api(answers: Answers, server: str) -> tuple[list[Candidate], list[str]]:
    """Machines that the API knows of, and remarks; ``server`` is where the kubeconfig asks."""
    ports = dict(answers.servers)
    found = [of_node(one, ports) for one in answers.nodes if one.address]
    remarks = [
        f"node {one.name} has no InternalIP of IPv4: left out"
        for one in answers.nodes
        if not one.address
    ]
    known = {one.private for one in found}
    for address in ports:
        if address not in known:
            name = f"api-{address.replace('.', '-')}"
            found.append(Candidate(name, "controller", address, named=False))
    others = {other for one in answers.nodes for other in one.others}
    host = urlsplit(server).hostname or ""
    if host in known | set(ports) | others:
        return found, remarks
    if is_address(host):
        found.append(Candidate("lb", "load-balancer", host, named=False))
    else:
        remarks.append(
            f"the kubeconfig asks {server}, a name: whose it is was not seen; a load balancer is a "
            'machine with role = "load-balancer"'
        )
    return found, remarks


def of_node(node: Node, servers: Mapping[str, int]) -> Candidate:
    role: Role = "worker"
    if node.is_control_plane or node.address in servers:
        role = "controller+worker" if node.takes_pods else "controller"
    return Candidate(node.name, role, node.address, about=f"{node.system}, kubelet {node.kubelet}")


def is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def entered(found: Sequence[Candidate], looked: Mapping[str, machines.Machine]) -> list[Candidate]:
    """With what the machines themselves say: their names, where the API has none, and what they
    are. A name that two of them have, or that is none in my.toml, is not taken.
    """
    own = {
        one.private: looked[one.private].hostname.lower()
        for one in found
        if not one.named and one.private in looked
    }
    taken = Counter([*own.values(), *(one.name for one in found if one.named)])

    def known(one: Candidate) -> Candidate:
        name = own.get(one.private, "")
        if one.private not in own:
            return one
        machine = looked[one.private]
        balances = machine.runs("haproxy") and not machine.runs("kube-apiserver")
        role: Role = "load-balancer" if balances else one.role
        if taken[name] > 1 or not NAME.fullmatch(name):
            return replace(one, role=role)
        return replace(one, name=name, role=role, named=True)

    return [known(one) for one in found]


def without_unknown(
    found: Sequence[Candidate], looked: Mapping[str, machines.Machine]
) -> tuple[list[Candidate], list[str]]:
    """Leaves out where the kubeconfig asks unless a balancer was seen there; says whose names are
    ours. ``looked`` is by private address.
    """
    kept, remarks = list[Candidate](), list[str]()
    for one in found:
        machine = looked.get(one.private)
        if machine is None and one.role == "load-balancer":
            remarks.append(
                f"the kubeconfig asks {one.private}, which is no node and no API server: a load "
                "balancer, or an address outside; it was not entered, so it is left out"
            )
        elif machine and one.role == "load-balancer" and not machine.runs("haproxy"):
            remarks.append(f"{one.name} ({one.private}) runs no haproxy: left out")
        else:
            kept.append(one)
        if kept[-1:] == [one] and not one.named:
            remarks.append(f"{one.name} is a name of ours: no other one was seen that is good")
    return kept, remarks
