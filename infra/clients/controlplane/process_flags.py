"""What the processes of the control plane were started with, on every controller.

Their command lines tell it on every Kubernetes minor; /flagz is off before 1.36.
"""

from infra import parallel
from infra.clients.transport import systemd
from infra.cluster import Cluster


def of_controllers(cluster: Cluster, component: str) -> dict[str, dict[str, str]]:
    """Flags by machine. Errors: NotPrepared where the component does not run."""
    names = [str(machine.name) for machine in cluster.spec.controllers]
    return parallel.by_item(names, lambda name: systemd.flags(cluster.shell(name), component))
