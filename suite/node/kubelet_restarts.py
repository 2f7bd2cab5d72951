"""Restarts of workers' kubelets, which end when their nodes are ready again."""

from infra import parallel
from infra.clients.node.kubelet import await_heartbeat
from infra.cluster import Cluster
from infra.kube_api import Api
from infra.ssh import Shell


def restart(shell: Shell, api: Api) -> None:
    """Restarts the kubelet and returns when its node renewed its lease and is ready.

    Errors: NotPrepared when it does not come back.
    """
    shell.run(["systemctl", "restart", shell.layout.units.kubelet])
    await_heartbeat(api, shell.name)


def restart_all(cluster: Cluster) -> None:
    """Restarts every worker's kubelet, all at once. Errors: NotPrepared."""
    shells = [cluster.shell(worker.name) for worker in cluster.spec.workers]
    parallel.answers(shells, lambda shell: restart(shell, cluster.api))
