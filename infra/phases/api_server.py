"""Article 7: an API server on each controller, with an audit log."""

from collections.abc import Iterator

from infra.build.phase import Finished, Gate, Phase
from infra.build.ready import await_api
from infra.build.templates import rendered, service
from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.desired.things import Binary, Directory, File, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    etcd = cluster.layout.ports.etcd
    servers = ",".join(f"https://{m.private_ip}:{etcd}" for m in cluster.controllers)
    yield Directory(cluster.layout.directories.audit_logs, mode=0o700)
    yield File(cluster.layout.files.audit_policy, rendered("audit-policy.yaml"))
    yield Binary("kube-apiserver", cluster.layout.programs.api_server)
    yield from service("kube-apiserver", cluster=cluster, machine=machine, etcd_servers=servers)


def answers(cluster: Cluster, machine: Machine, _supplies: Supplies) -> Finished:
    """The machine's own API server is ready, not only its unit."""
    await_api(cluster.api_of(machine.name))
    return Finished()


PHASE = Phase(
    article=7,
    name="api-server",
    title="API servers",
    on=(Role.CONTROLLER,),
    desired=desired,
    # three at once race the same bootstrap writes: the second starts beside the nodes (another
    # CPU), the third after them
    needs=(None, Gate.FIRST_API, Gate.NODES_READY),
    afterwards=answers,
    opens=Gate.FIRST_API,
)
