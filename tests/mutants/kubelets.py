"""One kubelet of two that is set otherwise: what is judged on the other alone stays green."""

from collections.abc import Callable

from infra.cluster import Cluster
from infra.kube_api import need
from infra.ssh import Shell
from suite.auth import service_accounts
from suite.node.graceful_shutdown import DROP_IN
from tests.mutants.changes import (
    WORKER,
    one_kubelet_changed,
    one_kubelet_with,
)
from tests.mutants.mutant import Mutant

CA, BOTH = "/var/lib/kubernetes/ca.pem", "/var/lib/kubernetes/clients.pem"
SITE = "/etc/systemd/logind.conf.d/zz-site.conf"
SHUTDOWN_GATES = (
    "GracefulNodeShutdown",
    "GracefulNodeShutdownBasedOnPodPriority",
    "WindowsGracefulNodeShutdown",
)
"""They depend on each other: one alone is refused by the kubelet."""
ACCESS = f"{service_accounts.RBAC}/clusterrolebindings/system:kube-apiserver"


def one_without(*gates: str) -> Callable[[Cluster], None]:
    return one_kubelet_with(f"featureGates: {{{', '.join(f'{gate}: false' for gate in gates)}}}")


def one_that_trusts(authority: str) -> Callable[[Cluster], None]:
    """Clients of a second authority are somebody to it."""

    def change(cluster: Cluster) -> None:
        shell, other = cluster.shell(WORKER), cluster.material.cert(authority)
        shell.put(shell.get(CA) + other, BOTH)
        one_kubelet_changed(f"clientCAFile: {CA}", f"clientCAFile: {BOTH}")(cluster)

    return change


def masked_logind(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["systemctl", "mask", "--now", "systemd-logind"])


def unmasked_logind(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["systemctl", "unmask", "systemd-logind"])


def limit(seconds: float, path: str = SITE) -> Callable[[Cluster], None]:
    """Every logind lets nobody delay a shutdown for longer, whatever kubelets write."""

    def change(cluster: Cluster) -> None:
        for worker in cluster.spec.workers:
            shell = cluster.shell(worker.name)
            shell.put(f"[Login]\nInhibitDelayMaxSec={seconds:g}\n".encode(), path)
            read_again(shell)

    return change


def no_limit(cluster: Cluster) -> None:
    for worker in cluster.spec.workers:
        shell = cluster.shell(worker.name)
        shell.run(["rm", "--force", SITE])
        read_again(shell)


def as_logind_was(cluster: Cluster) -> None:
    """Without what the kubelet wrote for it, and without a kubelet that would write it again."""
    one_kubelet_changed("shutdownGracePeriod: 10s\n", "")(cluster)
    shell = cluster.shell(WORKER)
    shell.run(["rm", "--force", DROP_IN])
    read_again(shell)


def read_again(shell: Shell) -> None:
    shell.run(["systemctl", "restart", "systemd-logind"])


def nodes_on_kubelets(cluster: Cluster) -> None:
    """A second subject of the binding that article 9 makes for API servers."""
    bound = cluster.api.get(ACCESS)["subjects"]
    group = {"apiGroup": service_accounts.GROUP, "kind": "Group", "name": "system:nodes"}
    need(cluster.api.patch(ACCESS, {"subjects": [*bound, group]}, kind="merge"))


def no_nodes_on_kubelets(cluster: Cluster) -> None:
    bound = [one for one in cluster.api.get(ACCESS)["subjects"] if one["name"] != "system:nodes"]
    need(cluster.api.patch(ACCESS, {"subjects": bound}, kind="merge"))


MUTANTS = (
    Mutant(
        "a read-only port on one worker",
        "72.17",
        "worker-1 listens on port 10255",
        one_kubelet_with("readOnlyPort: 10255"),
    ),
    Mutant(
        "one kubelet that allows everything",
        "72.14",
        "https://worker-1:10250/metrics -> 200",
        one_kubelet_changed("authorization: {mode: Webhook}", "authorization: {mode: AlwaysAllow}"),
    ),
    Mutant(
        "one kubelet that lets nobody in",
        "72.17",
        "nobody: https://worker-1:10250/metrics -> 403",
        one_kubelet_changed("anonymous: {enabled: false}", "anonymous: {enabled: true}"),
    ),
    Mutant(
        "one kubelet that knows etcd's clients",
        "72.17",
        "etcd: https://worker-1:10250/metrics -> 403",
        one_that_trusts("etcd-ca"),
    ),
    Mutant(
        "one kubelet that knows the front proxy",
        "72.17",
        "front-proxy-client: https://worker-1:10250/metrics -> 403",
        one_that_trusts("front-proxy-ca"),
    ),
    Mutant(
        "one kubelet that answers from the journal",
        "72.1",
        "worker-1: enableSystemLogQuery is True, must be False",
        one_kubelet_with("enableSystemLogQuery: true"),
    ),
    Mutant(
        "one kubelet without logs",
        "72.1",
        "worker-1: enableSystemLogHandler is False, must be True",
        one_kubelet_with("enableSystemLogHandler: false"),
    ),
    Mutant(
        "a worker that cannot shut down gracefully",
        "65.15",
        "every kubelet has the gate GracefulNodeShutdown on; instead: worker-1: it is off",
        one_without(*SHUTDOWN_GATES),
    ),
    Mutant(
        "a worker whose logind is masked",
        "65.15",
        "every worker has logind; instead: worker-1: logind does not answer",
        masked_logind,
        mend=unmasked_logind,
    ),
    Mutant(
        "one kubelet that delays a shutdown already",
        "65.14",
        "worker-1: shutdownGracePeriod is 10s, must be 0s",
        one_kubelet_with("shutdownGracePeriod: 10s"),
        mend=as_logind_was,
    ),
    Mutant(
        "a site that holds logind to five seconds",
        "65.15",
        "'logind allows 5 s'",
        limit(5),
        mend=no_limit,
    ),
    Mutant(
        "a site where logind allows thirty seconds",
        "65.15",
        "no kubelet has to raise what logind allows already",
        limit(30),
        outcome="not judged",
        mend=no_limit,
    ),
    Mutant(
        "one kubelet that does not tell of devices' health",
        "62.9",
        "every kubelet has the gate ResourceHealthStatus on; instead: worker-1: it is off",
        one_without("ResourceHealthStatus", "ResourceHealthStatusMessage"),
    ),
    Mutant(
        "one kubelet that keeps its old certificate",
        "63.19",
        "worker-1:10250 serves",
        one_without("ReloadKubeletServerCertificateFile"),
    ),
    Mutant(
        "one kubelet that takes few Pods",
        "72.2",
        "maxPods is 110 on worker-0, 20 on worker-1",
        one_kubelet_with("maxPods: 20"),
        outcome="not judged",
    ),
    Mutant(
        "one kubelet that believes a token for long",
        "72.11",
        "worker-1: authentication.webhook.cacheTTL is 1h0m0s, must be 2m0s",
        one_kubelet_changed(
            "webhook: {enabled: true}", "webhook: {enabled: true, cacheTTL: 1h0m0s}"
        ),
        or_says="is refused each node's metrics with 401: not within",
    ),
    Mutant(
        "one kubelet that resizes no init containers",
        "70.19",
        "gate InPlacePodVerticalScalingInitContainers on; instead: worker-1: it is off",
        one_without("InPlacePodVerticalScalingInitContainers"),
        or_says="should accept this",  # the scheduler chose that worker
    ),
    Mutant(
        "one kubelet that would swap",
        "65.13",
        "worker-1: memorySwap is {'swapBehavior': 'LimitedSwap'}, must be {}",
        one_kubelet_with("memorySwap: {swapBehavior: LimitedSwap}"),
    ),
    Mutant(
        "a binding to kubelets that nodes have, too",
        "72.19",
        "lets system:node:worker-0 get nodes/proxy",
        nodes_on_kubelets,
        mend=no_nodes_on_kubelets,
    ),
)
