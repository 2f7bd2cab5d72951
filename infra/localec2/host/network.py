"""The VPC made true in one network namespace: ports, routes, rules. Runs inside the namespace.

Each instance has a cable (a veth pair). The namespace's end is a routed port that has the gateway's
address and answers for every other address (proxy ARP); a bridge would give layer 2, which a VPC
has not, and would hide same-subnet traffic from the rules.
"""

import json
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from infra.errors import PlatformError, tail
from infra.localec2.addresses import METADATA, OPERATOR, PUBLIC, plug, port
from infra.localec2.desired_state import Instance, Wanted
from infra.localec2.host.ruleset import ruleset

KNOBS = Path("/proc/sys/net")
SETTINGS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",  # machines of one subnet are meant to pass through us
    "ipv4/conf/default/send_redirects": "0",
}
WITHOUT_IPV6 = {
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
}
OFFLOADS = ("tx", "gro", "gso", "tso")
"""Off on the machine's end: UML reads raw packets and would get unfinished checksums."""


@dataclass(frozen=True)
class RouteFact:
    """Whether a route of the table leads to a machine that exists."""

    cidr: str
    active: bool


def prepare() -> None:
    """The namespace has its own addresses and forwards; done again it changes nothing."""
    there = (KNOBS / "ipv6").exists()  # a kernel without IPv6 has nothing to switch off
    for name, value in (SETTINGS | (WITHOUT_IPV6 if there else {})).items():
        (KNOBS / name).write_text(value)
    _ip(
        [
            "link set lo up",
            f"address replace {OPERATOR}/32 dev lo",
            f"address replace {METADATA}/32 dev lo",
            # A route makes the packet exist; the rules then rewrite or drop it.
            f"route replace {PUBLIC} dev lo src {OPERATOR}",
        ]
    )


class Network:
    """Applies snapshots; equal ones cost nothing. One thread uses it."""

    def __init__(self) -> None:
        self._applied: tuple[Wanted, frozenset[str]] | None = None
        self._plugged: set[str] = set()

    def sync(self, wanted: Wanted, *, keep: Collection[str] = ()) -> tuple[RouteFact, ...]:
        """Ports, routes and rules are as wanted; what the routes came to.

        ``keep``: instances that still run and so keep their port although they shall go.
        Errors: PlatformError with the words of ip, nft or ethtool.
        """
        state = (wanted, frozenset(keep))
        if self._applied != state:
            self._applied = None
            there = [i for i in wanted.instances if i.wanted != "terminated" or i.id in keep]
            found = {link["ifname"] for link in _read("link", "show")}
            for instance in there:
                if port(instance.id) not in found:
                    _ip([f"link add {port(instance.id)} type veth peer name {plug(instance.id)}"])
                if instance.id not in self._plugged:
                    _set_port(instance, wanted.gateway)
            self._plugged = {i.id for i in there}
            gone = {name for name in found if name.startswith("p")} - {port(i.id) for i in there}
            _ip([f"link delete {name}" for name in sorted(gone)])
            _routes(there, wanted)
            _nft(ruleset(wanted))
            self._applied = state
        return route_facts(wanted)


def route_facts(wanted: Wanted) -> tuple[RouteFact, ...]:
    alive = {i.id for i in wanted.instances if i.wanted != "terminated"}
    return tuple(RouteFact(r.cidr, r.instance_id in alive) for r in wanted.routes if r.instance_id)


def _set_port(instance: Instance, gateway: str) -> None:
    """Also for a port that was found: whoever made it may have been killed half way."""
    here, there = port(instance.id), plug(instance.id)
    off = [word for feature in OFFLOADS for word in (feature, "off")]
    _run(["ethtool", "-K", there, *off])
    (KNOBS / f"ipv4/conf/{here}/proxy_arp").write_text("1")
    # Else up to 0.8 s pass before an answer for a neighbour (measured, 80 ticks by default).
    (KNOBS / f"ipv4/neigh/{here}/proxy_delay").write_text("0")
    _ip(
        [
            # arp off: this end belongs to the machine, the namespace must not answer in its place
            f"link set {there} arp off up",
            f"link set {here} up",
            f"address replace {gateway}/32 dev {here}",
            f"route replace {instance.private_ip}/32 dev {here} src {OPERATOR}",
            f"neighbour replace {instance.private_ip} lladdr {instance.mac} dev {here}",
        ]
    )


def _routes(there: Iterable[Instance], wanted: Wanted) -> None:
    by_id = {i.id: i for i in there if i.wanted != "terminated"}
    wished = {r.cidr: by_id.get(r.instance_id) for r in wanted.routes if r.instance_id}
    lines = [
        f"route replace {cidr} via {to.private_ip} dev {port(to.id)} src {OPERATOR} onlink"
        if to
        else f"route replace blackhole {cidr}"
        for cidr, to in wished.items()
    ]
    stale = {r["dst"] for r in _read("route", "show") if _ours(r)} - wished.keys()
    lines += [
        f"route delete blackhole {cidr}" if kind == "blackhole" else f"route delete {cidr}"
        for cidr, kind in _kinds(stale)
    ]
    _ip(lines)


def _kinds(stale: Collection[str]) -> list[tuple[str, str]]:
    return [(r["dst"], r.get("type", "")) for r in _read("route", "show") if r["dst"] in stale]


def _ours(route: dict[str, Any]) -> bool:
    """Whether it is a route of the VPC's table: not to one machine, not the public pool."""
    known = "/" in route["dst"] and IPv4Network(route["dst"]) != PUBLIC
    return known and ("gateway" in route or route.get("type") == "blackhole")


def _ip(lines: list[str]) -> None:
    if lines:
        _run(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def _read(*words: str) -> list[dict[str, Any]]:
    text = _run(["ip", "-json", *words])
    found: list[dict[str, Any]] = json.loads(text) if text.strip() else []
    return [entry for entry in found if entry]


def _nft(text: str) -> None:
    _run(["nft", "-f", "-"], text)


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PlatformError("network", " ".join(argv), tail(done.stderr))
    return done.stdout
