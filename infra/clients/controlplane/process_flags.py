"""What a cluster's processes were started with.

Their command lines tell it on every Kubernetes minor; /flagz is off before 1.36.
"""

from infra import parallel
from infra.clients.transport import systemd
from infra.cluster import Cluster


def of_controllers(cluster: Cluster, component: str) -> dict[str, dict[str, str]]:
    """Flags by machine. Errors: NotPrepared where the component does not run."""
    names = [str(machine.name) for machine in cluster.spec.controllers]
    return parallel.by_item(names, lambda name: of(cluster, name, component))


def of(cluster: Cluster, machine: str, component: str) -> dict[str, str]:
    """Of one machine. Errors: as ``of_controllers``."""
    return systemd.flags(cluster.shell(machine), component)
