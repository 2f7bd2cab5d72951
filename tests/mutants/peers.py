"""One peer of several that differs where its peers hid it (articles 61 to 66).

Which member leads, which API server or which worker a scenario asks is luck; these are the changes
that such luck kept green.
"""

from infra.clients import accounts
from infra.cluster import Cluster
from tests.mutants.changes import api_server_with, unit_with
from tests.mutants.mutant import Mutant

OTHER = "controller-2"
ALLOWED = "  --requestheader-allowed-names=front-proxy-client \\\n"
BINDING = "claim-mutant-metrics-server-reads-logs"


def patient_member(cluster: Cluster) -> None:
    flag = "--listen-metrics-urls="
    unit_with(cluster, OTHER, "etcd", {flag: f"--election-timeout=50000 \\\n  {flag}"})


def scheduler_that_believes_any_name(cluster: Cluster) -> None:
    unit_with(cluster, OTHER, "kube-scheduler", {ALLOWED: ""})


def second_binding(cluster: Cluster) -> None:
    """As when somebody debugs with kubectl create clusterrolebinding."""
    subject = {"kind": "ServiceAccount", "namespace": "kube-system", "name": "metrics-server"}
    role = {"apiGroup": accounts.GROUP, "kind": "ClusterRole", "name": "system:kubelet-api-admin"}
    body = {"metadata": {"name": BINDING}, "roleRef": role, "subjects": [subject]}
    cluster.api.create(f"{accounts.RBAC}/clusterrolebindings", body)


def without_second_binding(cluster: Cluster) -> None:
    cluster.api.delete(f"{accounts.RBAC}/clusterrolebindings/{BINDING}")


MUTANTS = (
    Mutant(
        "an API server that knows its own member only",
        "63.2",
        f"that of {OTHER} knows nothing of etcd on controller-0 and controller-1",
        api_server_with(OTHER, {"https://10.0.1.11:2379,https://10.0.1.12:2379,": ""}),
    ),
    Mutant(
        "one member of etcd that waits long for a leader",
        "63.2",
        f"{OTHER} has --election-timeout=50000 ms, must be 1000",
        patient_member,
    ),
    Mutant(
        "one API server that believes any name of the front proxy's authority",
        "61.7",
        f"{OTHER} takes one with the certificate of front-proxy-ca by another name for",
        api_server_with(OTHER, {ALLOWED: ""}),
    ),
    Mutant(
        "one API server that hears no groups from the front proxy",
        "61.7",
        "without group claim:61.7",
        api_server_with(
            OTHER,
            {
                "--requestheader-group-headers=X-Remote-Group": (
                    "--requestheader-group-headers=X-Group"
                )
            },
        ),
    ),
    Mutant(
        "one scheduler that believes any name of the front proxy's authority",
        "63.13",
        f"scheduler of {OTHER} (port 10259) lets in a client of front-proxy-ca by another name",
        scheduler_that_believes_any_name,
    ),
    Mutant(
        "a second binding of metrics-server's account",
        "61.11",
        "metrics-server needs nodes/metrics of kubelets and has no more",
        second_binding,
        mend=without_second_binding,
    ),
)
