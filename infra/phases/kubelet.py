"""Article 11: a kubelet on each worker; only these two machines are nodes."""

from collections.abc import Iterator

from infra.build.phase import Gate, Phase
from infra.build.templates import files_named_in, rendered, service
from infra.desired.things import Binary, File, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    config = rendered("kubelet-config.yaml", cluster=cluster)
    yield Binary("kubelet", cluster.layout.programs.kubelet)
    yield File(f"{cluster.layout.directories.kubelet}/resolv.conf", rendered("resolv.conf"))
    yield File(cluster.layout.files.kubelet, config)
    yield from service("kubelet", reads=files_named_in(config), machine=machine)


PHASE = Phase(
    article=11,
    name="kubelet",
    title="kubelets: two nodes",
    on=(Role.WORKER,),
    desired=desired,
    needs=(Gate.FIRST_API,),
)
