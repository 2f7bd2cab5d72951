"""Article 6: one etcd member on each controller."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.build.templates import service
from infra.desired.things import Binary, Directory, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    members = ",".join(f"{m.name}=https://{m.private_ip}:2380" for m in cluster.controllers)
    yield Directory("/var/lib/etcd", mode=0o700)
    for name in ("etcd", "etcdctl", "etcdutl"):
        yield Binary(name, f"/usr/local/bin/{name}")
    yield from service("etcd", cluster=cluster, machine=machine, members=members)


PHASE = Phase(
    article=6,
    name="etcd",
    title="etcd, three members",
    on=(Role.CONTROLLER,),
    desired=desired,
    journal=("etcd",),
)
