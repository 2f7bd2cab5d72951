"""Clusters that count no volumes, or let everybody use what one Pod's secret has brought.

A changed EBS CSI driver cannot be one (docs/TRACK_RECORD.md): its broken halves are unit tests.
"""

from infra.clients.node import kubelet
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


def one_layer_at_a_time(cluster: Cluster) -> None:
    images = "[plugins.'io.containerd.cri.v1.images'.pinned_images]"
    more = f"[plugins.'io.containerd.cri.v1.images']\n  max_concurrent_downloads = 1\n\n{images}"
    changes.edit(cluster, changes.WORKER, "/etc/containerd/config.toml", images, more)
    changes.restart(cluster, changes.WORKER, "containerd")
    kubelet.await_heartbeat(cluster.api, changes.WORKER)


MUTANTS = (
    Mutant(
        "schedulers that do not count volumes",
        "44.9",
        "the second writer is refused for the number of volumes",
        schedulers_without_volume_limits,
    ),
    Mutant(
        "a worker whose runtime pulls one layer at a time",
        "71.11",
        "plugins.io.containerd.cri.v1.images.max_concurrent_downloads is 3 on worker-0, 1 on",
        one_layer_at_a_time,
    ),
    Mutant(
        "a worker whose images are for everybody",
        "71.8",
        "waits waits with ImagePullBackOff",
        changes.one_kubelet_with("imagePullCredentialsVerificationPolicy: NeverVerify"),
    ),
)
