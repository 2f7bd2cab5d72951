"""What a build phase is: one article, its machines, its things, and its place in the build."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.desired.things import Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


class Gate(StrEnum):
    """What machines may wait for while others are built."""

    FIRST_API = "the first API server answers"
    NODES_READY = "every worker is a Ready node"


@dataclass(frozen=True)
class Finished:
    """What was done after a phase's units ran: counts as of a plan, and a line for the progress."""

    kept: int = 0
    changed: int = 0
    message: str = ""


def nothing(_cluster: ClusterSpec) -> Iterable[dict[str, Any]]:
    return ()


def no_more(_cluster: Cluster, _machine: Machine, _supplies: Supplies) -> Finished:
    return Finished()


@dataclass(frozen=True)
class Phase:
    """One article of Part I as desired state.

    ``desired`` is pure: (cluster, its key material, machine) -> things in the order of need.
    ``objects`` are API objects (manifests as dicts) to apply once the API answers.
    ``needs`` is what its first machine waits for, its second and so on; the last is for all
    further ones. ``afterwards`` runs on each machine once the units run. ``opens`` is open when
    the first machine is done with it.
    """

    article: int
    name: str
    title: str
    on: tuple[Role, ...]
    desired: Callable[[ClusterSpec, Material, Machine], Iterator[Thing]]
    objects: Callable[[ClusterSpec], Iterable[dict[str, Any]]] = nothing
    needs: tuple[Gate | None, ...] = (None,)
    afterwards: Callable[[Cluster, Machine, Supplies], Finished] = no_more
    opens: Gate | None = None

    def __str__(self) -> str:
        return f"{self.article} {self.title}"

    def waits_for(self, cluster: ClusterSpec, machine: Machine) -> Gate | None:
        """What has to be open before the phase begins on a machine."""
        return self.needs[min(self._place(cluster, machine), len(self.needs) - 1)]

    def opened_by(self, cluster: ClusterSpec, machine: Machine) -> Gate | None:
        """What is open once the phase is done on a machine."""
        return self.opens if self._place(cluster, machine) == 0 else None

    @property
    def waits_everywhere(self) -> bool:
        return None not in self.needs

    def _place(self, cluster: ClusterSpec, machine: Machine) -> int:
        """Which of the phase's machines it is, counted from 0."""
        return [m.name for m in cluster.machines if m.role in self.on].index(machine.name)
