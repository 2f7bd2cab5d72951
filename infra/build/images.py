"""Container images of the workers: what the build refers to, and what a machine image brought.

No phase names one as a thing: the machine image has them before containerd runs, a bare machine
pulls them from upstream.
"""

from infra.artifacts import catalog
from infra.clients.node import image_gc
from infra.desired.apply import Supplies, apply
from infra.desired.facts import Facts
from infra.desired.plan import Plan, plan
from infra.desired.things import Image
from infra.errors import CommandFailed
from infra.inventory import ClusterSpec
from infra.ssh import Shell
from infra.wait import eventually

TELLS_WITHIN = 60.0
"""Seconds for a containerd that systemd calls active: less than one was seen."""
REPOSITORIES = {
    "coredns": "registry.k8s.io/coredns/coredns",
    "metrics-server": "registry.k8s.io/metrics-server/metrics-server",
    "pause": "registry.k8s.io/pause",
}


def image_reference(cluster: ClusterSpec, component: str) -> str:
    """Like ``registry.k8s.io/pause:3.10.1``. Errors: UserError for an unknown version."""
    version = catalog.component_version(cluster.kubernetes, component)
    return f"{REPOSITORIES[component]}:{version}"


def restore(shell: Shell, supplies: Supplies) -> Plan:
    """Imports what the machine image brought and the worker, whose containerd runs, has lost.

    Nobody could pull it again: somebody removed it, or a kubelet did when the disk was full.
    Errors: WaitTimeout when containerd does not tell what it has, CommandFailed.
    """
    if not supplies.preloaded:
        return Plan((), 0)
    there = eventually(
        lambda: image_gc.stored(shell),
        lambda _: True,
        within=TELLS_WITHIN,
        what=f"containerd of {shell.name} tells which images it has",
        transient=(CommandFailed,),  # its restart may only have been asked for
    )
    result = plan([Image(one) for one in supplies.images], Facts(images=there), {})
    apply(shell, result.actions, supplies)
    return result
