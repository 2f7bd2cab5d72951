"""Article 5: a kubeconfig for each component, and the key that Secrets are encrypted with."""

from collections.abc import Iterator

from infra.build.phase import Phase
from infra.desired.things import Directory, Secret, Thing
from infra.inventory import ClusterSpec, Machine, Role
from infra.phases.certificates import KUBELET, KUBERNETES
from infra.pki.material import Material

KUBE_PROXY = "/var/lib/kube-proxy"
ON_CONTROLLERS = (
    "kube-controller-manager.kubeconfig",
    "kube-scheduler.kubeconfig",
    "encryption-config.yaml",
)


def desired(cluster: ClusterSpec, material: Material, machine: Machine) -> Iterator[Thing]:
    if machine in cluster.controllers:
        for name in ON_CONTROLLERS:
            yield Secret(f"{KUBERNETES}/{name}", material.file(name))
    else:
        yield Secret(f"{KUBELET}/kubeconfig", material.kubeconfig(machine.name))
        yield Directory(KUBE_PROXY, mode=0o700)
        yield Secret(f"{KUBE_PROXY}/kubeconfig", material.kubeconfig("kube-proxy"))


PHASE = Phase(
    article=5,
    name="kubeconfigs",
    title="kubeconfigs, and encryption of Secrets",
    on=(Role.CONTROLLER, Role.WORKER),
    desired=desired,
)
