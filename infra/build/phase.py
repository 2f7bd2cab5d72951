"""What a build phase is: one article, its machines, its things and how we know that it is done."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.desired.things import Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def nothing(_cluster: ClusterSpec) -> Iterable[dict[str, Any]]:
    return ()


@dataclass(frozen=True)
class Phase:
    """One article of Part I as desired state.

    ``desired`` is pure: (cluster, its key material, machine) -> things in the order of need.
    ``objects`` are API objects (manifests as dicts) to apply once the API answers.
    ``journal`` names the units whose journal explains a failure.
    """

    article: int
    name: str
    title: str
    on: tuple[Role, ...]
    desired: Callable[[ClusterSpec, Material, Machine], Iterator[Thing]]
    objects: Callable[[ClusterSpec], Iterable[dict[str, Any]]] = nothing
    journal: tuple[str, ...] = ()
