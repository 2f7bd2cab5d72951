"""Ports on which components listen for others than their own machine, from the kernel's tables."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from infra.clients import units
from infra.clients.exposed import COMPONENTS, PROXY_HEALTH
from infra.clients.kubelet_port import PORT as KUBELET
from infra.clients.outputs import UNITS
from infra.cluster import Cluster
from infra.errors import require
from infra.inventory import API_PORT, ETCD_PORT
from infra.ssh import Shell

OPEN: Mapping[str, frozenset[int]] = {
    "etcd": frozenset({ETCD_PORT, ETCD_PORT + 1}),
    "kube-apiserver": frozenset({API_PORT}),
    "kube-controller-manager": frozenset({COMPONENTS["controller manager"]}),
    "kube-scheduler": frozenset({COMPONENTS["scheduler"]}),
    "containerd": frozenset(),
    "kubelet": frozenset({KUBELET}),
    "kube-proxy": frozenset({PROXY_HEALTH}),
}
"""By unit: all but the last ask for a certificate; that one tells whether it lives."""
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTENS = "0A"
"""TCP_LISTEN of the kernel's include/net/tcp_states.h."""
LOCAL = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
"""127.0.0.1, ::1 and the former in the latter's form, as the tables write them on little endian."""


def elsewhere(cluster: Cluster) -> list[str]:
    """Components that listen for others on a port more. Errors: NotPrepared where none is seen."""
    machines = [*cluster.spec.controllers, *cluster.spec.workers]
    with ThreadPoolExecutor(len(machines)) as pool:
        found = pool.map(lambda m: of_machine(cluster.shell(m.name), UNITS[m.role]), machines)
        return [text for texts in found for text in texts]


def of_machine(shell: Shell, names: tuple[str, ...]) -> list[str]:
    # a kernel without IPv6 has no second table
    by_inode = listening(shell.run(["cat", *TABLES], check=False).stdout)
    seen = {name: ports(shell, name, by_inode) for name in names}
    require(any(seen.values()), f"no component of {shell.name} is seen to listen: {sorted(seen)}")
    return [
        f"{name} of {shell.name} listens on port {port}"
        for name, found in seen.items()
        for port in sorted(found - OPEN[name])
    ]


def listening(tables: str) -> dict[str, int]:
    """Ports by the inode of their socket; those of the machine itself are left out."""
    found: dict[str, int] = {}
    for line in tables.splitlines():
        words = line.split()
        if len(words) > 9 and words[3] == LISTENS:
            address, _, port = words[1].partition(":")
            if address not in LOCAL:
                found[words[9]] = int(port, 16)
    return found


def ports(shell: Shell, unit: str, by_inode: Mapping[str, int]) -> set[int]:
    """Of a unit's main process."""
    pid = units.show(shell, unit).pid
    argv = ["find", f"/proc/{pid}/fd", "-lname", "socket:*", "-printf", r"%l\n"]
    links = shell.run(argv, check=False).stdout.split()  # one may be closed while it is read
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links}
    return {port for inode, port in by_inode.items() if inode in inodes}
