"""Article 14: a bridge on each worker, and a masquerade rule of our own.

The VPC's routes to the two pod ranges are the platform's part.
"""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.build.templates import rendered, service, tables_in
from infra.desired.things import File, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material

CNI_CONFIGURATIONS = ("10-bridge.conf", "99-loopback.conf")


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    folder = cluster.layout.directories.cni_configurations
    for name in CNI_CONFIGURATIONS:
        yield File(f"{folder}/{name}", rendered(name, machine=machine))
    rules = rendered("pod-masquerade.nft", cluster=cluster, machine=machine)
    yield File("/etc/nftables.d/pod-masquerade.nft", rules)
    yield from service("pod-masquerade", makes=tables_in(rules))


PHASE = Phase(
    article=14,
    name="pod-network",
    title="pod network",
    on=(Role.WORKER,),
    desired=desired,
)
