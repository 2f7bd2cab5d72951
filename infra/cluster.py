"""The live cluster as steps and clients see it: its spec, shells and APIs. No platform words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.inventory import ClusterSpec
from infra.kube_api import Api, Credentials
from infra.machine_layout import Layout
from infra.pki.material import Material
from infra.ssh import Listener, Shell, Ssh


@dataclass
class Cluster:
    """A running cluster. ``state`` is its state directory (0700); one connection a machine.

    ``addresses`` is where this run reaches a machine by name: private where the run lives in the
    VPC, public elsewhere; those change when a machine was off.
    """

    spec: ClusterSpec
    state: Path
    ssh: Callable[[str], Ssh]
    addresses: Mapping[str, str] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    _shells: dict[str, Ssh] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Where things are on its machines."""
        return self.spec.layout

    @property
    def material(self) -> Material:
        return Material(self.state / "pki")

    @property
    def api(self) -> Api:
        """The API as admin, through the load balancer."""
        return self.api_as("admin")

    def api_as(self, identity: str) -> Api:
        """The API through the balancer as one of the identities of article 4 (client cert)."""
        return Api(self.balanced_url, self.credentials(identity))

    def api_of(self, controller: str) -> Api:
        """One API server by its machine's address, as admin."""
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
        return f"https://{self.reached_at(self.spec.load_balancer.name)}:{self.layout.ports.api_server}"

    def credentials(self, identity: str) -> Credentials:
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
