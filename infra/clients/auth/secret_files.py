"""Files of machines that are secrets: keys, kubeconfigs, the key of Secrets; who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra import parallel
from infra.cluster import Cluster
from infra.errors import require
from infra.inventory import Role
from infra.ssh import Shell

NAMES = ("*-key.pem", "*kubeconfig", "encryption-config.yaml")


@dataclass(frozen=True)
class SecretFile:
    """``mode`` like 600, as the file system has it."""

    machine: str
    path: str
    mode: str
    owner: str

    @property
    def wrong(self) -> str:
        """Why others than root may read it; empty when they may not."""
        if self.owner != "root":
            return f"{self.machine}:{self.path} is {self.owner}'s"
        open_to = int(self.mode, 8) & 0o077
        return f"{self.machine}:{self.path} has mode {self.mode}" if open_to else ""


def files(cluster: Cluster) -> list[SecretFile]:
    """Of controllers and workers. Errors: NotPrepared where a machine has none."""
    machines = [m for m in cluster.spec.machines if m.role is not Role.LOAD_BALANCER]
    return parallel.found(machines, lambda machine: on_machine(cluster.shell(machine.name)))


def on_machine(shell: Shell) -> list[SecretFile]:
    folders = shell.layout.directories.with_certificates
    names = [word for name in NAMES for word in ("-o", "-name", name)][1:]
    argv = ["find", *folders, "-xdev", "-maxdepth", "2", "-type", "f", "(", *names, ")"]
    # a worker has no folder of etcd's: find says so, and goes on
    told = shell.run([*argv, "-printf", r"%m %u %p\n"], check=False).stdout
    rows = [line.split(" ", 2) for line in told.splitlines()]
    require(rows, f"{shell.name} has no key and no kubeconfig in {' '.join(folders)}")
    return [SecretFile(shell.name, path, mode, owner) for mode, owner, path in rows]


def misplaced(cluster: Cluster, found: Sequence[SecretFile]) -> list[str]:
    """Keys of authorities that lie where nobody signs with them."""
    controllers = {str(machine.name) for machine in cluster.spec.controllers}
    signs = cluster.layout.certificates.authority_key
    return [
        f"{one.machine}:{one.path} signs for an authority"
        for one in found
        if one.path.endswith("ca-key.pem")
        and not (one.path == signs and one.machine in controllers)
    ]
