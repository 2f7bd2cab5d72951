"""Broken clusters of articles 63 and 67: certificates, etcd, metrics, fairness. One machine each,
unless it says otherwise."""

from collections.abc import Callable

import yaml

from infra.build.ready import await_api
from infra.clients.apimachinery.priority_and_fairness import level_path
from infra.clients.apimachinery.priority_and_fairness_defaults import FOLLOWS
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.kube_api import need
from infra.pki import kubeconfigs
from tests.mutants import forging
from tests.mutants.changes import TRUNCATING, api_server_with, edit, restart, unit_with
from tests.mutants.mutant import Mutant

FOLDER = "/var/lib/kubernetes"
OTHER = "controller-2"


def trusts_clients_of_etcd(cluster: Cluster) -> None:
    """As when somebody wants one file for all authorities."""
    shell = cluster.shell(OTHER)
    both = shell.get(f"{FOLDER}/ca.pem") + shell.get(f"{FOLDER}/etcd-ca.pem")
    shell.put(both, f"{FOLDER}/clients.pem")
    flag = "--client-ca-file="
    api_server_with(OTHER, {f"{flag}{FOLDER}/ca.pem": f"{flag}{FOLDER}/clients.pem"})(cluster)


def without_that_file(cluster: Cluster) -> None:
    cluster.shell(OTHER).run(["rm", "--force", f"{FOLDER}/clients.pem"])


def two_authorities_in_one_file(cluster: Cluster) -> None:
    """Who shows an etcd client's certificate to this kubelet is somebody."""
    shell = cluster.shell("worker-1")
    shell.put(shell.get(f"{FOLDER}/ca.pem") + cluster.material.cert("etcd-ca"), f"{FOLDER}/ca.pem")
    restart(cluster, "worker-1", "kubelet")
    kubelet.await_heartbeat(cluster.api, "worker-1")


def standby_of_another(cluster: Cluster) -> None:
    """It may not have the scheduler's Lease: a candidate in name only."""
    shell = cluster.shell(OTHER)
    other = shell.get(f"{FOLDER}/kube-controller-manager.kubeconfig")
    shell.put(other, f"{FOLDER}/kube-scheduler.kubeconfig", mode=0o600)
    restart(cluster, OTHER, "kube-scheduler")


def kubelet_of_masters(cluster: Cluster) -> None:
    """A node that is an administrator: nothing restricts it."""
    shell, path = cluster.shell("worker-1"), "/var/lib/kubelet/kubeconfig"
    pair = forging.another_group(cluster.material, "worker-1")
    shell.put(kubeconfigs.with_pair(shell.get(path), pair), path, mode=0o600)
    restart(cluster, "worker-1", "kubelet")
    kubelet.await_heartbeat(cluster.api, "worker-1")


def server_of_any_name(cluster: Cluster) -> None:
    shell, pair = cluster.shell(OTHER), forging.any_name(cluster.material)
    shell.put(pair.certificate_pem, f"{FOLDER}/kube-apiserver.pem")
    shell.put(pair.key_pem, f"{FOLDER}/kube-apiserver-key.pem", mode=0o600)
    restart(cluster, OTHER, "kube-apiserver")
    await_api(cluster.api_of(OTHER))


def etcd_with(changes: dict[str, str], *machines: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        for machine in machines:
            unit_with(cluster, machine, "etcd", changes)

    return change


def level_that_rejects(cluster: Cluster) -> None:
    limited = {"limitResponse": {"type": "Reject", "queuing": None}}
    patch = {"metadata": {"annotations": {FOLLOWS: "false"}}, "spec": {"limited": limited}}
    need(cluster.api.patch(level_path("workload-high"), patch, kind="merge"))


def level_let_go(cluster: Cluster) -> None:
    """It is as documented, and would not be after an upgrade."""
    patch = {"metadata": {"annotations": {FOLLOWS: "false"}}}
    need(cluster.api.patch(level_path("workload-high"), patch, kind="merge"))


def level_follows(cluster: Cluster) -> None:
    """The API servers write their own suggestion again within a minute."""
    patch = {"metadata": {"annotations": {FOLLOWS: "true"}}}
    need(cluster.api.patch(level_path("workload-high"), patch, kind="merge"))


def one_talkative_proxy(cluster: Cluster) -> None:
    path = "/var/lib/kube-proxy/kube-proxy-config.yaml"
    edit(cluster, "worker-1", path, "kind:", "metricsBindAddress: 0.0.0.0:10249\nkind:")
    restart(cluster, "worker-1", "kube-proxy")


def one_writes_in_clear(cluster: Cluster) -> None:
    shell, path = cluster.shell(OTHER), f"{FOLDER}/encryption-config.yaml"
    config = yaml.safe_load(shell.get(path))
    config["resources"][0]["providers"].reverse()
    shell.put(yaml.safe_dump(config).encode(), path, mode=0o600)
    restart(cluster, OTHER, "kube-apiserver")
    await_api(cluster.api_of(OTHER))


def one_truncates(cluster: Cluster) -> None:
    shell = cluster.shell(OTHER)
    shell.run(["mv", "/usr/local/bin/etcdctl", "/usr/local/bin/etcdctl.whole"])
    shell.put(TRUNCATING.encode(), "/usr/local/bin/etcdctl", mode=0o755)


NO_CLIENTS_CERTIFICATE = {
    "  --client-cert-auth \\\n": "",
    "  --trusted-ca-file=/etc/etcd/etcd-ca.pem \\\n": "",
}
LOCAL_METRICS = "--listen-metrics-urls=http://127.0.0.1:2381"
EVERYBODY = "--listen-metrics-urls=http://0.0.0.0:2381"
PATIENT = {"--listen-metrics-urls=": "--election-timeout=50000 \\\n  --listen-metrics-urls="}
FEW_SEATS = {"--secure-port=6443": "--secure-port=6443 \\\n  --max-requests-inflight=40"}
TRACES = """
apiVersion: apiserver.config.k8s.io/v1
kind: TracingConfiguration
endpoint: 127.0.0.1:4317
samplingRatePerMillion: 1000000
"""


def one_traces_everybody(cluster: Cluster) -> None:
    """To a collector of its own machine, where nobody else sees it."""
    cluster.shell(OTHER).put(TRACES.encode(), "/run/tracing.yaml")
    flag = "--secure-port=6443 \\\n  --tracing-config-file=/run/tracing.yaml"
    api_server_with(OTHER, {"--secure-port=6443": flag})(cluster)


MUTANTS = (
    Mutant(
        "one API server that trusts clients of etcd",
        "63.13",
        "kube-apiserver of controller-2 by --client-ca-file has 2, kubernetes-ca and etcd-ca",
        trusts_clients_of_etcd,
        or_says="lets in a client of etcd-ca",
        mend=without_that_file,
    ),
    Mutant(
        "a second authority in one kubelet's file",
        "63.13",
        "kubelet of worker-1 by authentication.x509.clientCAFile has 2",
        two_authorities_in_one_file,
        or_says="lets in a client of etcd-ca",
    ),
    Mutant(
        "a standby with another's kubeconfig",
        "63.13",
        "kube-scheduler of controller-2 by --kubeconfig",
        standby_of_another,
    ),
    Mutant(
        "a kubelet's certificate with a second group",
        "63.13",
        "is in groups ['system:masters', 'system:nodes']",
        kubelet_of_masters,
    ),
    Mutant(
        "a certificate for any name",
        "63.13",
        "also names ['*.example.com']",
        server_of_any_name,
    ),
    Mutant(
        "one member of etcd that asks nobody who he is",
        "67.4",
        "metrics without a certificate: no answer; instead: controller-2: 200",
        etcd_with(NO_CLIENTS_CERTIFICATE, OTHER),
    ),
    Mutant(
        "one member of etcd that tells everybody",
        "67.4",
        "reaches port 2381 of controller-2",
        etcd_with({LOCAL_METRICS: EVERYBODY}, OTHER),
    ),
    Mutant(
        "one member of etcd that asks nobody on its own machine",
        "67.4",
        "member of etcd of controller-2 listens on 127.0.0.1:2379 and answers 200 there without",
        etcd_with({"https://127.0.0.1:2379": "http://127.0.0.1:2379"}, OTHER),
    ),
    Mutant(
        "one member of etcd with another port",
        "67.4",
        "its own ports only; instead: member of etcd of controller-2 listens on 10.0.1.13:2378",
        etcd_with(
            {"https://127.0.0.1:2379": "https://127.0.0.1:2379,https://10.0.1.13:2378"}, OTHER
        ),
    ),
    Mutant(
        "members of etcd that wait long for a leader",
        "63.2",
        "writes without the member of",
        etcd_with(PATIENT, "controller-0", "controller-1", OTHER),
        or_says="has --election-timeout=50000 ms, must be 1000",
    ),
    Mutant(
        "one API server with few seats",
        "67.13",
        "API server of controller-2, catch-all",
        api_server_with(OTHER, FEW_SEATS),
    ),
    Mutant(
        "a level that does not queue",
        "67.8",
        'workload-high: limited.limitResponse.type is "Reject", must be "Queue"',
        level_that_rejects,
        mend=level_follows,
        or_says="workload-high: limited.limitResponse.queuing",
    ),
    Mutant(
        "a level that is let go",
        "67.8",
        "workload-high: apf.kubernetes.io/autoupdate-spec is false, must be true",
        level_let_go,
        mend=level_follows,
    ),
    Mutant(
        "one kube-proxy that tells everybody",
        "67.4",
        "worker-0 reaches port 10249 of worker-1",
        one_talkative_proxy,
    ),
    Mutant(
        "one API server that stores Secrets in clear",
        "63.12",
        "Secrets is stored encrypted; instead: /registry/secrets/",
        one_writes_in_clear,
    ),
    Mutant(
        "snapshots cut short on one controller",
        "63.3",
        "controller-2: no checksum after whole pages",
        one_truncates,
    ),
    Mutant(
        "one API server that traces everybody",
        "67.17",
        "controller-2 has --tracing-config-file",
        one_traces_everybody,
    ),
)
