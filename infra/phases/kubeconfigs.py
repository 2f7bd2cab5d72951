"""Article 5: a kubeconfig for each component, and the key that Secrets are encrypted with."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.desired.things import Directory, Secret, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.kubeconfigs import ENCRYPTION
from infra.pki.material import Material


def desired(cluster: ClusterSpec, material: Material, machine: Machine) -> Iterator[Thing]:
    layout, paths = cluster.layout, cluster.layout.kubeconfigs
    if machine in cluster.controllers:
        manager = material.kubeconfig("kube-controller-manager")
        yield Secret(paths.controller_manager, manager)
        yield Secret(paths.scheduler, material.kubeconfig("kube-scheduler"))
        yield Secret(layout.files.encryption, material.file(ENCRYPTION))
    else:
        yield Secret(paths.kubelet, material.kubeconfig(machine.name))
        yield Directory(layout.directories.kube_proxy, mode=0o700)
        yield Secret(paths.kube_proxy, material.kubeconfig("kube-proxy"))


PHASE = Phase(
    article=5,
    name="kubeconfigs",
    title="kubeconfigs, and encryption of Secrets",
    on=(Role.CONTROLLER, Role.WORKER),
    desired=desired,
)
