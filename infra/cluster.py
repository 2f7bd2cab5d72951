"""The live cluster as steps and clients see it: its spec, shells and APIs. No platform words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.kube_api import Api, Credentials
from infra.machine_layout import Layout
from infra.pki.material import Material
from infra.ssh import Listener, Shell, Ssh

ADMIN = "admin"
"""The identity of article 4 with every permission; of others' clusters the kubeconfig's user."""


@dataclass(frozen=True)
class Entrance:
    """How a cluster that others built is asked: ``server`` and ``credentials`` are those of a
    ``context`` of a ``kubeconfig``, ``servers`` each API server's own URL by its machine's name.
    ``pki`` is where its certificates and keys are, None where we have none; ``lacks`` are the means
    that it has not, with the reason (infra/described/means.py); ``left_out`` are nodes on which
    nothing is judged, with the reason.
    """

    server: str
    credentials: Credentials
    servers: Mapping[str, str]
    kubeconfig: Path
    context: str
    pki: Path | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Cluster:
    """A running cluster. ``state`` is its state directory (0700); one connection a machine.

    ``addresses`` is where this run reaches a machine by name: private where the run lives in the
    VPC, public elsewhere; those change when a machine was off. ``entrance`` is None for a cluster
    that we built.
    """

    spec: ClusterSpec
    state: Path
    ssh: Callable[[str], Ssh]
    addresses: Mapping[str, str] = field(default_factory=dict)
    entrance: Entrance | None = None
    listeners: list[Listener] = field(default_factory=list)
    _shells: dict[str, Ssh] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Where things are on its machines."""
        return self.spec.layout

    @property
    def is_ours(self) -> bool:
        """We built it: what differs from it is to be mended. Nothing else's is ours to touch."""
        return self.entrance is None

    def has_means(self, means: str) -> bool:
        """Whether a means is there (infra/described/means.py); a cluster of ours has all."""
        return self.entrance is None or means not in self.entrance.lacks

    @property
    def material(self) -> Material:
        if self.entrance is None:
            return Material(self.state / "pki")
        if self.entrance.pki is None:
            raise UserError(
                "my.toml has no [pki]: no certificate and no key of the cluster is here"
            )
        return Material(self.entrance.pki)

    @property
    def api(self) -> Api:
        """The API as admin, through the load balancer."""
        return self.api_as(ADMIN)

    def api_as(self, identity: str) -> Api:
        """The API through the balancer as one of the identities of article 4 (client cert)."""
        if self.entrance and identity == ADMIN:
            return Api(self.balanced_url, self.entrance.credentials)
        return Api(self.balanced_url, self.credentials(identity))

    def api_of(self, controller: str) -> Api:
        """One API server by its machine's address, as admin."""
        if self.entrance:
            return self.api.at(self.entrance.servers[controller])
        return self.api.at(f"https://{self.reached_at(controller)}:{self.layout.ports.api_server}")

    def api_servers(self) -> dict[str, Api]:
        """Every API server by its machine's name, as admin."""
        return {machine.name: self.api_of(machine.name) for machine in self.spec.controllers}

    def reached_at(self, machine: str) -> str:
        """The address of a machine for this run; among themselves machines use private ones."""
        return self.addresses.get(machine, str(self.spec.machine(machine).private_ip))

    def names_by_address(self) -> dict[str, str]:
        """Machines by each of their addresses."""
        names = {str(machine.private_ip): str(machine.name) for machine in self.spec.machines}
        return names | {address: name for name, address in self.addresses.items()}

    @property
    def balanced_url(self) -> str:
        if self.entrance:
            return self.entrance.server
        return f"https://{self.reached_at(self.spec.load_balancer.name)}:{self.layout.ports.api_server}"

    def credentials(self, identity: str) -> Credentials:
        if self.entrance and identity == ADMIN:
            return self.entrance.credentials.now()
        material = self.material
        return Credentials(
            ca=material.cert_path("ca"),
            cert=material.cert_path(identity),
            key=material.key_path(identity),
        )

    def shell(self, machine: str) -> Shell:
        if machine not in self._shells:
            shell = self.ssh(machine)
            shell.layout = self.layout
            shell.listeners = self.listeners  # shared list: later listeners hear it too
            self._shells[machine] = shell
        return self._shells[machine]

    def close(self) -> None:
        for shell in self._shells.values():
            shell.close()
        self._shells.clear()
