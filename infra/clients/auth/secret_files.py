"""Files of machines that are secrets: keys, kubeconfigs, the key of Secrets; who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from infra import parallel
from infra.cluster import Cluster
from infra.errors import require
from infra.inventory import Role
from infra.pki.identities import AUTHORITIES
from infra.ssh import Shell

NAMES = ("*-key.pem", "*kubeconfig", "encryption-config.yaml")
CONTENT = "PRIVATE KEY-----|client-key-data:|kind: EncryptionConfiguration"
"""In a file of any other name: a copy that somebody has left is as good as the file."""
COPIES = ("/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/var/backups", "/var/lib")  # noqa: S108
"""Where somebody leaves one: all that is not the distribution's programs, caches or logs."""
NOBODY = ("env", "--chdir=/", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
"""The user nobody of a machine: which directories he may enter counts as well, that of the admin by
whom we came is not among them."""
SMALL = "-64k"
"""No key is larger (find's -size)."""


@dataclass(frozen=True)
class SecretFile:
    """``mode`` like 600, as the file system has it; ``sum`` is its content's SHA-256."""

    machine: str
    path: str
    mode: str
    owner: str
    sum: str = ""

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
    told = ["-exec", "grep", "-qE", "-e", CONTENT, "{}", ";"]
    argv = ["find", *folders, "-xdev", "-maxdepth", "2", "-type", "f", "-size", SMALL]
    chosen = ["(", *names, "-o", *told, ")"]
    # a worker has no folder of etcd's: find says so, and goes on
    seen = shell.run([*argv, *chosen, "-printf", r"%m %u %p\n"], check=False).stdout
    rows = [line.split(" ", 2) for line in seen.splitlines()]
    require(rows, f"{shell.name} has no key and no kubeconfig in {' '.join(folders)}")
    sums = sums_of(shell, [path for _, _, path in rows])
    return [SecretFile(shell.name, p, mode, owner, sums.get(p, "")) for mode, owner, p in rows]


def open_to_all(cluster: Cluster) -> list[str]:
    """Files with a key that any user of a controller or worker can read, wherever they lie."""
    machines = [m for m in cluster.spec.machines if m.role is not Role.LOAD_BALANCER]
    return parallel.found(machines, lambda machine: open_on(cluster.shell(machine.name)))


def open_on(shell: Shell) -> list[str]:
    """Errors: CommandFailed where the user nobody cannot even read what everybody reads."""
    shell.run([*NOBODY, "test", "-r", "/etc/passwd"])
    argv = [*NOBODY, "find", *COPIES, "-xdev", "-type", "f", "-size", SMALL, "-readable"]
    # find tells of directories that are closed to nobody, or not there, and goes on
    seen = shell.run([*argv, "-exec", "grep", "-lE", "-e", CONTENT, "{}", "+"], check=False)
    return [f"any user of {shell.name} reads {path}" for path in seen.stdout.splitlines()]


def sums_of(shell: Shell, paths: Sequence[str]) -> dict[str, str]:
    """By path; a file that has gone meanwhile has none."""
    lines = shell.run(["sha256sum", *paths], check=False).stdout.splitlines()
    return {path: found for found, _, path in (line.partition("  ") for line in lines)}


def misplaced(cluster: Cluster, found: Sequence[SecretFile]) -> list[str]:
    """Keys of authorities, by name or by content, that lie where nobody signs with them."""
    controllers = {str(machine.name) for machine in cluster.spec.controllers}
    signs = cluster.layout.certificates.authority_key
    keys = {sha256(cluster.material.key(row.name)).hexdigest() for row in AUTHORITIES}
    return [
        f"{one.machine}:{one.path} signs for an authority"
        for one in found
        if one.path.endswith("ca-key.pem") or one.sum in keys
        if not (one.path == signs and one.machine in controllers)
    ]
