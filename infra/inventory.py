"""The cluster as data: six machines, their roles, addresses and the networks of the series."""

from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import NewType

from infra.errors import UserError
from infra.machine_layout import SERIES, Layout

MachineName = NewType("MachineName", str)


class Role(StrEnum):
    LOAD_BALANCER = "load-balancer"
    CONTROLLER = "controller"
    WORKER = "worker"


@dataclass(frozen=True)
class Machine:
    """One machine as desired.

    ``private_ip`` is fixed by us; ``pod_cidr`` only on workers (article 14).
    """

    name: MachineName
    role: Role
    private_ip: IPv4Address
    instance_type: str
    pod_cidr: IPv4Network | None = None


@dataclass(frozen=True)
class Network:
    """Ranges of the series; source: articles 12, 14, 15."""

    vpc: IPv4Network = IPv4Network("10.0.0.0/16")
    subnet: IPv4Network = IPv4Network("10.0.1.0/24")
    pods: IPv4Network = IPv4Network("10.200.0.0/16")
    services: IPv4Network = IPv4Network("10.32.0.0/24")
    api_service: IPv4Address = IPv4Address("10.32.0.1")
    dns_service: IPv4Address = IPv4Address("10.32.0.10")


@dataclass(frozen=True)
class ClusterSpec:
    """Everything that decides what is built; pure data, no ids of the platform.

    ``id`` names the cluster on the platform and in reports; ``kubernetes`` like ``v1.36.1``;
    ``layout`` is where things are on its machines; ``tags`` are on everything that it has on the
    platform, beside its id.
    """

    id: str
    kubernetes: str
    platform: str
    machines: tuple[Machine, ...]
    network: Network = Network()
    layout: Layout = SERIES
    tags: tuple[tuple[str, str], ...] = ()

    def machine(self, name: str) -> Machine:
        for machine in self.machines:
            if machine.name == name:
                return machine
        known = ", ".join(m.name for m in self.machines)
        raise KeyError(f"no machine {name!r}; known: {known}")

    def of(self, role: Role) -> tuple[Machine, ...]:
        return tuple(m for m in self.machines if m.role is role)

    @property
    def controllers(self) -> tuple[Machine, ...]:
        return self.of(Role.CONTROLLER)

    @property
    def workers(self) -> tuple[Machine, ...]:
        return self.of(Role.WORKER)

    def other_worker(self, than: str) -> Machine:
        """The first that is not ``than``. Errors: UserError where there is none."""
        for machine in self.workers:
            if machine.name != than:
                return machine
        raise UserError(f"cluster {self.id} has no worker besides {than}")

    @property
    def api_machines(self) -> tuple[Machine, ...]:
        """Where an API server may be asked."""
        return (*self.controllers, self.load_balancer)

    @property
    def load_balancer(self) -> Machine:
        return self.of(Role.LOAD_BALANCER)[0]


def series(cluster_id: str, *, kubernetes: str, platform: str) -> ClusterSpec:
    """The six machines of the series (articles 3 and 73).

    Controllers are 10.0.1.11-13 (article 63); the balancer's and the workers' addresses are not in
    the articles we could read and are ours.
    """
    small, medium = "t3.small", "t3.medium"
    balancer = Machine(MachineName("lb"), Role.LOAD_BALANCER, IPv4Address("10.0.1.10"), small)
    controllers = tuple(
        Machine(
            MachineName(f"controller-{i}"),
            Role.CONTROLLER,
            IPv4Address(f"10.0.1.{11 + i}"),
            medium,
        )
        for i in range(3)
    )
    workers = tuple(worker(i, medium) for i in range(2))
    return ClusterSpec(
        cluster_id, kubernetes, platform, machines=(balancer, *controllers, *workers)
    )


def worker(index: int, instance_type: str) -> Machine:
    """The series' workers are the first two; more have the next addresses and pod ranges."""
    return Machine(
        MachineName(f"worker-{index}"),
        Role.WORKER,
        IPv4Address(f"10.0.1.{21 + index}"),
        instance_type,
        pod_cidr=IPv4Network(f"10.200.{index}.0/24"),
    )


def with_another_worker(spec: ClusterSpec) -> ClusterSpec:
    """The same cluster with one worker more, the last of its machines."""
    another = worker(len(spec.workers), spec.workers[-1].instance_type)
    return replace(spec, machines=(*spec.machines, another))
