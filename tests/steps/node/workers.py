"""What every worker has: each property is looked at on the machine itself, and on all of them."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then

from infra.clients.instrumentation import node_log_query
from infra.clients.node import image_gc, kubelet, kubelet_api, machine_jobs
from infra.clients.transport import systemd, tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.clients.workloads import cgroup_events
from infra.cluster import Cluster
from infra.inventory import Role
from infra.ssh import Shell, exists
from suite.expect import must_be_none
from suite.node import device_plugins, swap
from suite.node.device_plugins import KUBELETS_OWN
from tests.steps.phrases import one_of, phrase

Sandboxes = dict[str, str]
"""Image by worker."""
HELD: Mapping[str, Callable[[dict[str, bool], str], bool]] = {
    "has": lambda images, image: image in images,
    "pins": lambda images, image: bool(images.get(image)),
}
"""The kubelet never collects an image that the runtime calls pinned."""


def no_sockets_but_the_kubelets(_: Cluster, shell: Shell) -> list[str]:
    found = device_plugins.sockets(shell)
    return [] if found == [KUBELETS_OWN] else [f"{shell.name} has {found}"]


def kubelets_locks(_: Cluster, shell: Shell) -> list[str]:
    locks = cgroup_events.shutdown_locks(shell)
    return [f"{shell.name} has {lock}" for lock in locks if "kubelet" in lock]


def other_reader(_: Cluster, shell: Shell) -> list[str]:
    found = shell.run(["which", "journalctl"]).stdout.strip()
    return [] if found in node_log_query.OWN_READERS else [f"{shell.name} has {found}"]


def silent_kubelet(_: Cluster, shell: Shell) -> list[str]:
    lines = node_log_query.printed_last(shell, shell.layout.units.kubelet)
    return [] if lines else [f"{shell.name} has none"]


def unready_node(cluster: Cluster, shell: Shell) -> list[str]:
    ready = kubelet.ready(cluster.api, shell.name)
    return [] if ready == "True" else [f"node {shell.name} is not Ready: {ready}"]


def read_only_port(cluster: Cluster, shell: Shell) -> list[str]:
    port = MachinePort(cluster, shell.name, kubelet_api.READ_ONLY_PORT)
    listens = tls_tunnel.connects(port)
    return [f"{shell.name} listens on port {port.number}"] if listens else []


def unlimited_swap(_: Cluster, shell: Shell) -> list[str]:
    return [] if exists(shell, swap.LIMIT) else [f"{shell.name} has no {swap.LIMIT}"]


def present_swap(_: Cluster, shell: Shell) -> list[str]:
    """A kubelet looks when it starts: swap that came later is no trouble until then."""
    size = swap.total(shell)
    return [f"{shell.name} has {size} bytes of it"] if size else []


def units_not_enabled(_: Cluster, shell: Shell) -> list[str]:
    """A worker that is powered on comes back by itself."""
    found = systemd.not_enabled(shell, shell.layout.units.of(Role.WORKER))
    return [f"{shell.name}: {words}" for words in found]


PROPERTIES: Mapping[str, Callable[[Cluster, Shell], list[str]]] = {
    "a cgroup tree of version 2, without a version 1 controller": (
        lambda _, shell: cgroup_events.version_problems(shell)
    ),
    "a Ready node": unready_node,
    "a kernel that can limit swap": unlimited_swap,
    "no job that removes images": (
        lambda _, shell: machine_jobs.with_words(shell, machine_jobs.REMOVES_IMAGES)
    ),
    "no job that touches containers' logs": (
        lambda _, shell: machine_jobs.with_words(shell, machine_jobs.TOUCHES_LOGS)
    ),
    "no swap": present_swap,
    "lines of its kubelet in its journal": silent_kubelet,
    "its own journalctl for its kubelet": other_reader,
    "a kubelet that listens for plugins and for monitoring agents": (
        lambda _, shell: device_plugins.listens(shell)
    ),
    "only the kubelet's socket in its plugin directory": no_sockets_but_the_kubelets,
    "no inhibitor lock of its kubelet": kubelets_locks,
    "the read-only port of its kubelet closed": read_only_port,
    "all units of a worker enabled at boot": units_not_enabled,
}
"""What is wrong with one worker, by what features call the property; nothing is good."""


@given("the sandbox image of every worker", target_fixture="sandboxes")
def sandbox_images(cluster: Cluster) -> Sandboxes:
    return {w.name: image_gc.sandbox(cluster.shell(w.name)) for w in cluster.spec.workers}


@then(phrase("every worker has {property_:Property}", Property=one_of(PROPERTIES)))
def each_has(cluster: Cluster, property_: str) -> None:
    shells = [cluster.shell(worker.name) for worker in cluster.spec.workers]
    wrong = [text for shell in shells for text in PROPERTIES[property_](cluster, shell)]
    must_be_none(wrong, f"every worker has {property_}")


@then(phrase("every worker's runtime {holds:Holds} its sandbox image", Holds=one_of(HELD)))
def holds_it(cluster: Cluster, sandboxes: Sandboxes, holds: str) -> None:
    """Were it collected, no Pod could start there again."""
    found = {node: image_gc.images(cluster.shell(node)) for node in sandboxes}
    wrong = [f"not {n}: {i}" for n, i in sandboxes.items() if not HELD[holds](found[n], i)]
    must_be_none(wrong, f"every worker's runtime {holds} the image of its sandboxes")
