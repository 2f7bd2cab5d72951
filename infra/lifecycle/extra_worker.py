"""A worker more: it joins a cluster that runs, by the steps that built the others, and leaves."""

from dataclasses import dataclass, field
from pathlib import Path

from infra import ec2
from infra.artifacts.store import Store
from infra.cluster import Cluster
from infra.inventory import ClusterSpec, Machine, with_another_worker
from infra.lifecycle import cluster_lifecycle, platforms
from infra.lifecycle.build_runner import Build, all_open
from infra.lifecycle.machines import machine_addresses
from infra.pki import ssh_keys
from infra.progress import Progress
from infra.settings import Settings


@dataclass(frozen=True)
class Newcomer:
    """The machine that ``cluster`` of ``settings`` may have beside its own."""

    settings: Settings
    cluster: Cluster
    joined: list[Cluster] = field(default_factory=list)
    """With connections of their own."""

    @property
    def spec(self) -> ClusterSpec:
        return with_another_worker(self.cluster.spec)

    @property
    def machine(self) -> Machine:
        return self.spec.workers[-1]

    def join(self, progress: Progress) -> Cluster:
        """The cluster with the machine, whose units all run. The other machines are as they were.

        Errors: PlatformError, PhaseFailed, MissingArtifact.
        """
        self.mark.touch()
        ssh_keys.ensure(self.settings.state / "ssh", self.spec)
        site = platforms.site(self.settings)
        provisioned = cluster_lifecycle.provision(self.settings, self.spec, site, progress)
        # the cluster's own addresses: the newcomer's is no business of the API servers' certificate
        cluster_lifecycle.certify(self.settings, self.spec, self.cluster.addresses)
        reached = machine_addresses.reach(provisioned, public=site.public)
        larger = cluster_lifecycle.connect(self.settings, self.spec, reached)
        self.joined.append(larger)
        supplied = cluster_lifecycle.gather(self.settings, Store.default(), progress)
        Build(larger, supplied.supplies, progress, gates=all_open()).machine(self.machine)
        return larger

    def stop(self) -> None:
        """Its machine is off, as by the console. Errors: PlatformError."""
        platforms.instances(self.settings, self.spec).stop(self.machine.name)

    def runs(self) -> bool:
        return (
            platforms.instances(self.settings, self.spec).look(self.machine.name).state == "running"
        )

    def leave(self, progress: Progress) -> None:
        """Machine, route and Node are gone; fine when they were never there.

        Its keys stay for the next time: EC2 takes a launch's token with the same user data only.
        Errors: PlatformError, ApiRefused.
        """
        client = platforms.site(self.settings).client(self.settings)
        ec2.withdraw(client, self.cluster.spec, self.machine, say=progress.say)
        self.cluster.api.delete(f"/api/v1/nodes/{self.machine.name}")
        self.mark.unlink(missing_ok=True)

    def close(self) -> None:
        for larger in self.joined:
            larger.close()

    @property
    def mark(self) -> Path:
        """While this file is there, the machine may be."""
        return self.settings.state / "newcomer"
