"""Priority levels that are not as documented (article 67)."""

from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import level_path
from infra.clients.apimachinery.priority_and_fairness_defaults import FOLLOWS
from infra.cluster import Cluster
from infra.kube_api import need
from tests.mutants.changes import OTHER, api_server_with
from tests.mutants.mutant import Mutant

FEW_SEATS = {"--secure-port=6443": "--secure-port=6443 \\\n  --max-requests-inflight=40"}
SCHEMAS = f"{priority_and_fairness.PATH}/flowschemas"


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
        "a controller manager that nothing holds back",
        "67.12",
        "helped",
        exempt_manager,
        mend=no_exempt_manager,
    ),
)
