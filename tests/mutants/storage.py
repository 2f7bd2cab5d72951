"""Clusters that count no volumes, or let everybody use what one Pod's secret has brought.

A changed EBS CSI driver cannot be one (docs/TRACK_RECORD.md): its broken halves are unit tests.
"""

from infra.cluster import Cluster
from tests.mutants import changes
from tests.mutants.mutant import Mutant

CONFIG = "/run/kube-scheduler.yaml"


def schedulers_without_volume_limits(cluster: Cluster) -> None:
    """No scheduler asks how many volumes a worker may have."""
    own = "--kubeconfig=/var/lib/kubernetes/kube-scheduler.kubeconfig"
    text = changes.NOT_COUNTING.replace("NodeResourcesFit", "NodeVolumeLimits")
    for machine in cluster.spec.controllers:
        cluster.shell(machine.name).put(text.encode(), CONFIG)
        changes.unit_with(cluster, machine.name, "kube-scheduler", {own: f"--config={CONFIG}"})


MUTANTS = (
    Mutant(
        "schedulers that do not count volumes",
        "44.9",
        "the second writer is refused for the number of volumes",
        schedulers_without_volume_limits,
    ),
    Mutant(
        "a worker whose images are for everybody",
        "71.8",
        "waits waits with ImagePullBackOff",
        changes.one_kubelet_with("imagePullCredentialsVerificationPolicy: NeverVerify"),
    ),
)
