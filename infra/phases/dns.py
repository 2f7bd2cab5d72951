"""Article 15: CoreDNS behind the Service kube-dns; nothing of it lies on a machine."""

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
    return manifests("coredns.yaml", cluster=cluster, image=image_reference(cluster, "coredns"))


PHASE = Phase(article=15, name="dns", title="cluster DNS", on=(), desired=desired, objects=objects)
