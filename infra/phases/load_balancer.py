"""Article 9: HAProxy makes one address of three API servers, which may then call kubelets."""

from collections.abc import Iterable, Iterator
from typing import Any

from infra.build.phase import Phase
from infra.build.templates import manifests, rendered, service
from infra.desired.things import File, Package, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.identities import KUBELET_CLIENT
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, _machine: Machine) -> Iterator[Thing]:
    yield Package("haproxy")
    yield File(cluster.layout.files.load_balancer, rendered("haproxy.cfg", cluster=cluster))
    # Our unit in place of Debian's: the same on every platform, and enabled by us.
    yield from service("haproxy")


def objects(_cluster: ClusterSpec) -> Iterable[dict[str, Any]]:
    return manifests("kubelet-access.yaml", kubelet_client=KUBELET_CLIENT)


PHASE = Phase(
    article=9,
    name="load-balancer",
    title="load balancer, and the way to kubelets",
    on=(Role.LOAD_BALANCER,),
    desired=desired,
    objects=objects,
)
