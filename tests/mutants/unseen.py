"""What stayed green until somebody looked for it: by reading, one change on one machine each."""

from infra.clients.apimachinery import priority_and_fairness
from infra.clients.auth import service_accounts
from infra.cluster import Cluster
from infra.kube_api import need
from tests.mutants.changes import WORKER, unit_with
from tests.mutants.control_plane import balancer_with
from tests.mutants.mutant import Mutant

OTHER = "controller-2"
SERVER = f"server {OTHER} 10.0.1.13:6443"
METRICS = "--listen-metrics-urls="
ACCESS = f"{service_accounts.RBAC}/clusterrolebindings/system:kube-apiserver"
SCHEMAS = f"{priority_and_fairness.PATH}/flowschemas"
COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"


def copied_key(cluster: Cluster) -> None:
    """As an editor or a careful person leaves it."""
    key = "/var/lib/kubelet/kubelet-key.pem"
    cluster.shell(WORKER).run(["install", "-m", "644", key, f"{key}.bak"])


def no_copied_key(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["rm", "--force", "/var/lib/kubelet/kubelet-key.pem.bak"])


def authority_on_a_worker(cluster: Cluster) -> None:
    """As it comes with a folder that is copied whole, under a name of its own."""
    path = "/var/lib/kubernetes/old.pem"
    cluster.shell(WORKER).put(cluster.material.key("etcd-ca"), path, mode=0o600)


def no_authority_on_a_worker(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["rm", "--force", "/var/lib/kubernetes/old.pem"])


def member_with(flag: str) -> Mutant:
    name, _, value = flag.partition("=")
    return Mutant(
        f"one member of etcd with {name.removeprefix('--')} of its own",
        "63.2",
        f"{name} is {value} on {OTHER}, absent on the others",
        lambda cluster: unit_with(cluster, OTHER, "etcd", {METRICS: f"{flag} \\\n  {METRICS}"}),
        outcome="not judged",
    )


def nodes_on_kubelets(cluster: Cluster) -> None:
    """A second subject of the binding that article 9 makes for API servers."""
    bound = cluster.api.get(ACCESS)["subjects"]
    group = {"apiGroup": service_accounts.GROUP, "kind": "Group", "name": "system:nodes"}
    need(cluster.api.patch(ACCESS, {"subjects": [*bound, group]}, kind="merge"))


def no_nodes_on_kubelets(cluster: Cluster) -> None:
    bound = [one for one in cluster.api.get(ACCESS)["subjects"] if one["name"] != "system:nodes"]
    need(cluster.api.patch(ACCESS, {"subjects": bound}, kind="merge"))


def one_coredns(cluster: Cluster) -> None:
    need(cluster.api.patch(COREDNS, {"spec": {"replicas": 1}}, kind="merge"))


def two_coredns(cluster: Cluster) -> None:
    need(cluster.api.patch(COREDNS, {"spec": {"replicas": 2}}, kind="merge"))


def exempt_manager(cluster: Cluster) -> None:
    """As somebody helps a controller manager that was held back."""
    user = {"kind": "User", "user": {"name": "system:kube-controller-manager"}}
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}
    rules = [{"subjects": [user], "resourceRules": [{**every, "clusterScope": True}]}]
    level = {"name": "exempt"}
    spec = {"priorityLevelConfiguration": level, "matchingPrecedence": 50, "rules": rules}
    cluster.api.create(SCHEMAS, {"metadata": {"name": "helped"}, "spec": spec})


def no_exempt_manager(cluster: Cluster) -> None:
    cluster.api.delete(f"{SCHEMAS}/helped")


MUTANTS = (
    Mutant(
        "a controller manager that nothing holds back",
        "67.12",
        "helped",
        exempt_manager,
        mend=no_exempt_manager,
    ),
    Mutant(
        "a copy of a key that everybody may read",
        "63.13",
        f"{WORKER}:/var/lib/kubelet/kubelet-key.pem.bak has mode 644",
        copied_key,
        mend=no_copied_key,
    ),
    Mutant(
        "the key of etcd's authority on one worker",
        "63.13",
        f"{WORKER}:/var/lib/kubernetes/old.pem signs for an authority",
        authority_on_a_worker,
        mend=no_authority_on_a_worker,
    ),
    member_with("--quota-backend-bytes=6442450944"),
    member_with("--auto-compaction-retention=1h"),
    Mutant(
        "a balancer that asks one API server for the health of another",
        "64.12",
        f"{OTHER} is asked for GET /readyz at addr 10.0.1.11",
        balancer_with(SERVER, f"{SERVER} addr 10.0.1.11"),
    ),
    Mutant(
        "a balancer that takes any answer for readiness",
        "64.12",
        "wanting ! status 404",
        balancer_with("http-check expect status 200", "http-check expect ! status 404"),
    ),
    Mutant(
        "a balancer that gives one API server everything",
        "64.12",
        "controller-0 has none, it is chosen by balance first",
        balancer_with("balance roundrobin", "balance first"),
    ),
    Mutant(
        "a binding to kubelets that nodes have, too",
        "72.19",
        "lets system:node:worker-0 get nodes/proxy",
        nodes_on_kubelets,
        mend=no_nodes_on_kubelets,
    ),
    Mutant(
        "CoreDNS on one worker only",
        "68.14",
        "CoreDNS has a Ready Pod on each of worker-0, worker-1",
        one_coredns,
        mend=two_coredns,
    ),
)
