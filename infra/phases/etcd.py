"""Article 6: one etcd member on each controller."""

from collections.abc import Iterator

from infra.build.phase import Finished, Phase
from infra.build.templates import service
from infra.clients.etcd import alarms, etcdctl
from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.desired.things import Binary, Directory, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    peers = cluster.layout.ports.etcd_peers
    members = ",".join(f"{m.name}=https://{m.private_ip}:{peers}" for m in cluster.controllers)
    yield Directory(cluster.layout.directories.etcd_data, mode=0o700)
    for name in ("etcd", "etcdctl", "etcdutl"):
        yield Binary(name, f"{cluster.layout.directories.programs}/{name}")
    yield from service("etcd", cluster=cluster, machine=machine, members=members)


def disarm(cluster: Cluster, machine: Machine, _supplies: Supplies) -> Finished:
    """The unit is as it should be: an alarm that is left over from before goes."""
    own = f"https://{machine.private_ip}:{cluster.layout.ports.etcd}"
    if not alarms.disarm(etcdctl.Etcdctl(cluster.shell(machine.name), (own,))):
        return Finished()
    message = f"etcd of {machine.name} has room again: its alarm is disarmed"
    return Finished(changed=1, message=message)


PHASE = Phase(
    article=6,
    name="etcd",
    title="etcd, three members",
    on=(Role.CONTROLLER,),
    desired=desired,
    afterwards=disarm,
)
