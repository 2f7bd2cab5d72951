"""The second API server: who is registered, believed and let in (article 61)."""

from infra.clients.apimachinery import aggregation
from infra.cluster import Cluster
from infra.kube_api import need
from infra.wait import eventually
from suite.auth import service_accounts
from tests.mutants.changes import OTHER, api_server_with
from tests.mutants.mutant import Mutant
from tests.steps.auth.metrics_readers import reads_metrics

ALLOWED = "  --requestheader-allowed-names=front-proxy-client \\\n"
READERS = f"{service_accounts.RBAC}/clusterroles/system:aggregated-metrics-reader"
BINDING = "claim-mutant-metrics-server-reads-logs"


def unregistered_metrics(cluster: Cluster) -> None:
    cluster.api.delete(f"{aggregation.REGISTRATIONS}/{aggregation.NAME}")


def second_binding(cluster: Cluster) -> None:
    """As when somebody debugs with kubectl create clusterrolebinding."""
    subject = {"kind": "ServiceAccount", "namespace": "kube-system", "name": "metrics-server"}
    role = {
        "apiGroup": service_accounts.GROUP,
        "kind": "ClusterRole",
        "name": "system:kubelet-api-admin",
    }
    body = {"metadata": {"name": BINDING}, "roleRef": role, "subjects": [subject]}
    cluster.api.create(f"{service_accounts.RBAC}/clusterrolebindings", body)


def without_second_binding(cluster: Cluster) -> None:
    cluster.api.delete(f"{service_accounts.RBAC}/clusterrolebindings/{BINDING}")


def no_way_to_pods(cluster: Cluster) -> None:
    """As when a route of a VPN shadows the VPC's: to the Pods of one worker only."""
    ranges = cluster.spec.machine("worker-1").pod_cidr
    cluster.shell(OTHER).run(["ip", "route", "replace", "unreachable", str(ranges)])


def way_to_pods(cluster: Cluster) -> None:
    ranges = cluster.spec.machine("worker-1").pod_cidr
    cluster.shell(OTHER).run(["ip", "route", "del", "unreachable", str(ranges)])


def unlabelled_role(cluster: Cluster) -> None:
    labels = {f"{service_accounts.GROUP}/aggregate-to-view": None}
    need(cluster.api.patch(READERS, {"metadata": {"labels": labels}}, kind="merge"))
    eventually(
        lambda: reads_metrics(cluster.api, "view"),
        lambda seen: not seen,
        within=30,
        what="the role view has lost what was aggregated to it",
    )


MUTANTS = (
    Mutant(
        "a group that nobody registered",
        "61.1",
        "there is no APIService v1beta1.metrics.k8s.io",
        unregistered_metrics,
    ),
    Mutant(
        "a role of readers that is aggregated to nobody",
        "61.6",
        "may read metrics.k8s.io; instead: view may not",
        unlabelled_role,
    ),
    Mutant(
        "one API server that hears users by a second header",
        "61.7",
        "requestheader-username-headers is",
        api_server_with(
            OTHER, {"username-headers=X-Remote-User": "username-headers=X-Remote-User,X-User"}
        ),
    ),
    Mutant(
        "a controller without a way to one worker's Pods",
        "61.10",
        "worker-1 does not always reach the API as kubernetes.default",
        no_way_to_pods,
        outcome="not judged",
        mend=way_to_pods,
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
        "a second binding of metrics-server's account",
        "61.11",
        "metrics-server needs nodes/metrics of kubelets and has no more",
        second_binding,
        mend=without_second_binding,
    ),
)
