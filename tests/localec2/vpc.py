"""A VPC of plain network namespaces: packets without machines."""

import socket
import subprocess
from dataclasses import dataclass, field, replace
from typing import Any

from infra.localec2.addresses import plug
from infra.localec2.desired_state import Group, Instance, Route, Rule, Wanted
from infra.localec2.host import namespaces
from infra.localec2.host.network import Network

SILENCE = 0.2
"""Seconds after which an unanswered connection counts as dropped; an answer takes under 1 ms."""
ALL = Rule("-1", None, None, cidr="0.0.0.0/0")


@dataclass(frozen=True)
class Stand:
    """Where a packet starts or ends: a network namespace."""

    namespace: str

    def listens(self, address: str, port: int) -> socket.socket:
        with namespaces.visiting(self.namespace):
            return socket.create_server((address, port))

    def hears(self, address: str, port: int) -> socket.socket:
        with namespaces.visiting(self.namespace):
            heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        heard.settimeout(SILENCE)
        heard.bind((address, port))
        return heard

    def reaches(self, address: str, port: int, *, source: str = "") -> bool:
        with namespaces.visiting(self.namespace):
            try:
                made = socket.create_connection(
                    (address, port), SILENCE, (source, 0) if source else None
                )
            except OSError:
                return False
            made.close()
            return True

    def says(self, address: str, port: int, *, source: str) -> None:
        with namespaces.visiting(self.namespace):
            mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with mouth:
            mouth.bind((source, 0))
            mouth.sendto(b"hello", (address, port))

    def has(self, address: str) -> None:
        ip("-n", self.namespace, "address", "add", f"{address}/32", "dev", "lo")


@dataclass
class Vpc:
    """A VPC of plain namespaces: each stands where a machine would, on the same cable."""

    name: str
    wanted: Wanted = field(default=Wanted("10.0.1.0/24", "10.0.1.1"))
    network: Network = field(default_factory=Network)
    made: list[str] = field(default_factory=list)

    @property
    def operator(self) -> Stand:
        return Stand(self.name)

    def sync(self, **changes: Any) -> None:
        self.wanted = replace(self.wanted, **changes)
        with namespaces.visiting(self.name):
            self.network.sync(self.wanted)

    def change(self, number: int, **changes: Any) -> None:
        self.sync(
            instances=tuple(
                replace(i, **changes) if i.id == ident(number) else i for i in self.wanted.instances
            )
        )

    def ingress(self, group_id: str, *rules: Rule) -> None:
        others = tuple(g for g in self.wanted.groups if g.id != group_id)
        self.sync(groups=(*others, Group(group_id, rules, (ALL,))))

    def machine(self, number: int, *, group: str = "sg-1", **changes: Any) -> Stand:
        instance = replace(instance_of(number, group), **changes)
        self.sync(instances=(*self.wanted.instances, instance))
        name = f"{self.name}-{number}"
        namespaces.create(name)
        self.made.append(name)
        cable = plug(instance.id)
        ip("-n", self.name, "link", "set", cable, "netns", name)
        for words in (
            "link set lo up",
            f"link set {cable} address {instance.mac} arp on up",
            f"address add {instance.private_ip}/24 dev {cable}",
            "route add default via 10.0.1.1",
        ):
            ip("-n", name, *words.split())
        return Stand(name)

    def route(self, *routes: Route) -> None:
        self.sync(routes=routes)


def ident(number: int) -> str:
    return f"i-{number:017}"


def instance_of(number: int, group: str) -> Instance:
    return Instance(
        id=ident(number),
        wanted="running",
        private_ip=f"10.0.1.{number}",
        mac=f"02:00:00:00:00:{number:02x}",
        instance_type="t3.small",
        source_dest_check=True,
        group_ids=(group,),
        hostname=f"machine-{number}",
        user_data="",
        public_key=None,
        key_name=None,
        root_gib=8,
    )


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def came_from(server: socket.socket) -> str:
    """Address of the next connection's other end, as this end sees it."""
    connection, (address, _) = server.accept()
    connection.close()
    return str(address)
