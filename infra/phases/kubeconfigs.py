"""Article 5: a kubeconfig for each component, and the key that Secrets are encrypted with."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.desired.things import Directory, Secret, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.pki.material import Material

ON_CONTROLLERS = (
    "kube-controller-manager.kubeconfig",
    "kube-scheduler.kubeconfig",
    "encryption-config.yaml",
)


def desired(cluster: ClusterSpec, material: Material, machine: Machine) -> Iterator[Thing]:
    directories, kubeconfigs = cluster.layout.directories, cluster.layout.kubeconfigs
    if machine in cluster.controllers:
        for name in ON_CONTROLLERS:
            yield Secret(f"{directories.kubernetes}/{name}", material.file(name))
    else:
        yield Secret(kubeconfigs.kubelet, material.kubeconfig(machine.name))
        yield Directory(directories.kube_proxy, mode=0o700)
        yield Secret(kubeconfigs.kube_proxy, material.kubeconfig("kube-proxy"))


PHASE = Phase(
    article=5,
    name="kubeconfigs",
    title="kubeconfigs, and encryption of Secrets",
    on=(Role.CONTROLLER, Role.WORKER),
    desired=desired,
)
