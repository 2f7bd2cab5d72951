"""The frozen snapshot between moto's objects and the reconciler: what shall be true.

Written by the moto side (front.py), read by the reconciler and the metadata service; facts go the
other way through ``Facts``.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]


@dataclass(frozen=True)
class Rule:
    """One security group rule. ``protocol`` is tcp, udp, icmp or -1 (any); one source is set."""

    protocol: str
    from_port: int | None
    to_port: int | None
    cidr: str | None = None
    group_id: str | None = None


@dataclass(frozen=True)
class Group:
    id: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


@dataclass(frozen=True)
class Route:
    """A route of the subnet's table. ``instance_id`` None means: the internet gateway."""

    cidr: str
    instance_id: str | None


@dataclass(frozen=True)
class Instance:
    """One instance as wanted.

    ``reboots`` counts RebootInstances calls; ``public_key`` is the key pair's OpenSSH line;
    ``http_tokens`` (optional, required) and ``hop_limit`` are of the metadata service.
    """

    id: str
    wanted: Literal["running", "stopped", "terminated"]
    private_ip: str
    mac: str
    instance_type: str
    source_dest_check: bool
    group_ids: tuple[str, ...]
    hostname: str
    user_data: str
    public_key: str | None
    key_name: str | None
    root_gib: int
    public_ip: str | None = None
    reboots: int = 0
    image_id: str = ""
    zone: str = ""
    http_tokens: str = "optional"
    hop_limit: int = 1


@dataclass(frozen=True)
class Wanted:
    """Everything wanted in one subnet. ``gateway`` is the subnet's first address."""

    subnet: str
    gateway: str
    instances: tuple[Instance, ...] = ()
    groups: tuple[Group, ...] = ()
    routes: tuple[Route, ...] = ()


class Facts(Protocol):
    """How facts come back from the reconciler into the API's answers."""

    def wanted(self) -> Wanted | None:
        """A snapshot under the API's lock; None before a subnet exists."""

    def observed(self, instance_id: str, state: State, *, reason: str = "") -> None:
        """The instance's state as a fact; ``reason`` becomes its StateReason."""

    def reachable(self, instance_id: str, *, ok: bool) -> None:
        """Whether DescribeInstanceStatus says ``ok`` (ssh answers) or ``initializing``."""

    def route_state(self, cidr: str, *, active: bool) -> None:
        """Whether DescribeRouteTables says ``active`` or ``blackhole``."""
