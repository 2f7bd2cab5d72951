"""On which ports the processes of the cluster listen, as their machines' kernels know it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from infra import parallel
from infra.clients.lifecycle import unit_programs
from infra.clients.transport import plain_http, systemd
from infra.cluster import Cluster
from infra.errors import require
from infra.inventory import Role
from infra.kube_api import ApiUnreachable
from infra.machine_layout import Units
from infra.ssh import LOOPBACK, Shell

STREAMING = "container runtime"
"""It serves kubectl exec to its kubelet on any free port of the loopback (containerd
internal/cri/config, stream_server_address), or on none."""
LISTENING = ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"]
LINE = re.compile(r"^\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s+users:(.*)$", re.MULTILINE)
LOOPBACKS = frozenset({LOOPBACK, "[::1]", f"[::ffff:{LOOPBACK}]"})
ANY = frozenset({"*", "0.0.0.0", "[::]"})


@dataclass(frozen=True)
class Listening:
    """One address that a component's process listens on."""

    component: str
    machine: str
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.component} of {self.machine} listens on {self.address}:{self.port}"


def components(units: Units) -> dict[str, tuple[str, Role]]:
    """Unit and role of each."""
    return {
        "API server": (units.api_server, Role.CONTROLLER),
        "member of etcd": (units.etcd, Role.CONTROLLER),
        **unit_programs.clients(units),
        "container runtime": (units.container_runtime, Role.WORKER),
    }


def of_all(cluster: Cluster) -> list[Listening]:
    """Of every component. Errors: NotPrepared naming one that listens nowhere."""
    asked = [
        (name, unit, str(machine.name))
        for name, (unit, role) in components(cluster.layout.units).items()
        for machine in cluster.spec.of(role)
    ]

    def of(one: tuple[str, str, str]) -> list[Listening]:
        component, unit, machine = one
        found = of_unit(cluster.shell(machine), component, unit)
        require(
            found or component == STREAMING,
            f"{component} of {machine} listens nowhere, or the kernel does not tell",
        )
        return found

    return parallel.found(asked, of)


def of_unit(shell: Shell, component: str, unit: str) -> list[Listening]:
    own = f"pid={systemd.show(shell, unit).pid},"
    found = LINE.findall(shell.run(LISTENING).stdout)
    return [
        Listening(component, shell.name, address, int(port))
        for address, port, users in found
        if own in users
    ]


def beside(found: Sequence[Listening], known: Mapping[str, Collection[int]]) -> list[str]:
    """Ports that are none of a component's own."""
    return [
        str(one)
        for one in found
        if one.port not in known[one.component]
        and not (one.component == STREAMING and one.address in LOOPBACKS)
    ]


def answering(cluster: Cluster, found: Sequence[Listening]) -> list[str]:
    """Who answers without TLS, asked on its own machine."""
    statuses = parallel.answers(found, lambda one: status_of(cluster, one), at_most=8)
    return [
        f"{one} and answers {status} there without TLS"
        for one, status in zip(found, statuses, strict=True)
        if status == 200
    ]


def status_of(cluster: Cluster, one: Listening) -> int:
    """A server of TLS answers 400 to who speaks without it, or ends; 0 is no answer."""
    address = LOOPBACK if one.address in ANY else one.address
    try:
        return plain_http.get(cluster.shell(one.machine), one.port, "/metrics", address=address)[0]
    except ApiUnreachable:
        return 0
