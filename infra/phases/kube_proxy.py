"""Article 12: kube-proxy on each worker makes a Service's address lead somewhere, by iptables."""

from collections.abc import Iterator

from infra.build.phase import Gate, Phase
from infra.build.templates import files_named_in, rendered, service
from infra.desired.things import Binary, File, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material


def desired(cluster: ClusterSpec, _material: Material, machine: Machine) -> Iterator[Thing]:
    config = rendered("kube-proxy-config.yaml", cluster=cluster, machine=machine)
    yield Binary("kube-proxy", cluster.layout.programs.kube_proxy)
    yield File(cluster.layout.files.kube_proxy, config)
    yield from service("kube-proxy", reads=files_named_in(config))


PHASE = Phase(
    article=12,
    name="kube-proxy",
    title="kube-proxy",
    on=(Role.WORKER,),
    desired=desired,
    needs=(Gate.FIRST_API,),
)
