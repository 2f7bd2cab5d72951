"""Which upgrades there are, and their steps in the order of article 64; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from infra.artifacts import catalog as catalogs
from infra.clients.lifecycle import version_skew
from infra.errors import UserError
from infra.inventory import ClusterSpec, Role


class Kind(StrEnum):
    """What a step upgrades on its machine, in the order of the article.

    etcd is first, as kubeadm has it: an API server may rely on what the etcd of its release can.
    """

    ETCD = "etcd"
    API_SERVER = "API server"
    MANAGERS = "controller manager and scheduler"
    NODE = "kubelet and kube-proxy"


COMPONENTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ETCD: ("etcd",),
    Kind.API_SERVER: (version_skew.API,),
    Kind.MANAGERS: version_skew.MANAGERS,
    Kind.NODE: version_skew.NODES,
}
"""By the names that their versions are recorded and reported with."""


@dataclass(frozen=True)
class Step:
    """One machine's components of a kind to a version."""

    kind: Kind
    machine: str
    version: str

    @property
    def components(self) -> tuple[str, ...]:
        return COMPONENTS[self.kind]

    @property
    def versions(self) -> dict[str, str]:
        """What is so once it is done, by component."""
        return dict.fromkeys(self.components, self.version)

    def __str__(self) -> str:
        return f"{self.kind} of {self.machine} to {self.version}"


def of_upgrade(spec: ClusterSpec, *, old: str, new: str) -> tuple[Step, ...]:
    """All steps between two versions; none for an etcd that stays.

    Errors: UserError for an unknown version.
    """
    before = versions_at(spec, old)
    return tuple(
        s for s in all_of(spec, new) if not s.versions.items() <= before[s.machine].items()
    )


def versions_at(spec: ClusterSpec, version: str) -> dict[str, dict[str, str]]:
    """What a cluster of one version runs, by component, by machine."""
    found: dict[str, dict[str, str]] = {}
    for step in all_of(spec, version):
        found.setdefault(step.machine, {}).update(step.versions)
    return found


def all_of(spec: ClusterSpec, version: str) -> Iterator[Step]:
    """Everything that a version decides, in the order of the article."""
    of_etcd = catalogs.component_version(version, "etcd")
    for kind in Kind:
        role = Role.WORKER if kind is Kind.NODE else Role.CONTROLLER
        for machine in spec.of(role):
            yield Step(kind, machine.name, of_etcd if kind is Kind.ETCD else version)


def must_be_allowed(cluster: str, *, old: str, new: str) -> None:
    """Kubernetes upgrades by one minor version at a time, and never back.

    Errors: UserError, one line.
    """
    if catalogs.numbers(new) < catalogs.numbers(old):
        raise UserError(
            f"cluster {cluster!r} has Kubernetes {old}: {new} would be a downgrade, which "
            "Kubernetes does not support; for another cluster choose another --cluster-id"
        )
    skipped = version_skew.minor(new) - version_skew.minor(old) - 1
    if skipped > 0:
        following = f"1.{version_skew.minor(old) + 1}"
        raise UserError(
            f"cluster {cluster!r} has Kubernetes {old}: {new} skips {skipped} minor version(s), "
            f"and API servers may be one apart; first: ./kfs upgrade --to {following}"
        )
