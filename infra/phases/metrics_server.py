"""Article 40: metrics-server, an API server of its own behind the aggregator."""

from collections.abc import Iterable, Iterator
from typing import Any

from infra.build.images import image_reference
from infra.build.phase import Phase
from infra.build.templates import manifests
from infra.desired.things import Thing
from infra.inventory import ClusterSpec, Machine
from infra.pki.material import Material


def desired(_cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    return iter(())


def objects(cluster: ClusterSpec) -> Iterable[dict[str, Any]]:
    return manifests("metrics-server.yaml", image=image_reference(cluster, "metrics-server"))


PHASE = Phase(
    article=40,
    name="metrics-server",
    title="metrics-server",
    on=(),
    desired=desired,
    objects=objects,
)
