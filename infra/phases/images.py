"""Images that the build itself refers to, in the versions of the Kubernetes version's file.

No phase imports one: the baked image has them, a bare machine pulls them from upstream.
"""

from functools import cache

from infra.artifacts import catalog
from infra.inventory import ClusterSpec

REPOSITORIES = {
    "coredns": "registry.k8s.io/coredns/coredns",
    "metrics-server": "registry.k8s.io/metrics-server/metrics-server",
    "pause": "registry.k8s.io/pause",
}


def image_reference(cluster: ClusterSpec, component: str) -> str:
    """Like ``registry.k8s.io/pause:3.10.1``. Errors: UserError for an unknown version."""
    return f"{REPOSITORIES[component]}:{version(cluster.kubernetes, component)}"


@cache
def version(kubernetes: str, component: str) -> str:
    return catalog.load(kubernetes).component(component).version
