"""What moto's objects ask of the reconciler, frozen: what shall be true.

Written by the moto side (front.py), read by the reconciler and the metadata service; facts go the
other way through ``Facts``.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

DiskState = Literal["available", "attached", "busy", "detached", "completed"]
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
class Disk:
    """A volume beside the roots, or a snapshot. ``source``: the id of what it starts as, if any.

    ``made``: its file was seen.
    """

    id: str
    gib: int
    source: str | None
    made: bool


@dataclass(frozen=True)
class Instance:
    """One instance as wanted.

    ``volumes`` are the ids of those that shall be plugged in beside the root; ``role`` is that of
    the instance profile.
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
    volumes: tuple[str, ...] = ()
    role: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Everything wanted in one subnet. ``gateway`` is the subnet's first address.

    ``attached`` are pairs of volume and instance that the API shows as attached in any state.
    """

    subnet: str
    gateway: str
    instances: tuple[Instance, ...] = ()
    groups: tuple[Group, ...] = ()
    routes: tuple[Route, ...] = ()
    volumes: tuple[Disk, ...] = ()
    snapshots: tuple[Disk, ...] = ()
    attached: tuple[tuple[str, str], ...] = ()


class Facts(Protocol):
    """How facts come back from the reconciler into the API's answers."""

    def wanted(self) -> Wanted | None:
        """A copy taken under the API's lock; None before a subnet exists."""

    def observed(self, instance_id: str, state: State, *, reason: str = "") -> None:
        """The instance's state as a fact; ``reason`` becomes its StateReason."""

    def reachable(self, instance_id: str, *, ok: bool) -> None:
        """Whether DescribeInstanceStatus says ``ok`` (ssh answers) or ``initializing``."""

    def disk_observed(self, ident: str, state: DiskState) -> None:
        """The state of a volume (available, attached, busy, detached) or snapshot (completed)."""

    def route_state(self, cidr: str, *, active: bool) -> None:
        """Whether DescribeRouteTables says ``active`` or ``blackhole``."""
