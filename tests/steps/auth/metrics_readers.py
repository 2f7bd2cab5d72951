"""Who may read metrics besides administrators: the add-on's rights, added to built-in roles."""

from pytest_bdd import then

from infra.clients.instrumentation.node_metrics import GROUP
from infra.cluster import Cluster
from infra.kube_api import Api
from suite.auth import service_accounts
from suite.expect import must_be_none

ROLES = ("view", "edit", "admin")
"""Of every namespace (bootstrappolicy/policy.go); the add-on's role is aggregated to them."""
VERBS = {"get", "list"}


@then("the built-in view, edit and admin roles may read metrics")
def viewers_read(cluster: Cluster) -> None:
    wrong = [f"{role} may not" for role in ROLES if not reads_metrics(cluster.api, role)]
    must_be_none(wrong, f"Kubernetes' own roles may read {GROUP}")


def reads_metrics(api: Api, role: str) -> bool:
    rules = (api.find(f"{service_accounts.RBAC}/clusterroles/{role}") or {}).get("rules") or []
    return any(
        GROUP in rule.get("apiGroups", ())
        and "pods" in rule.get("resources", ())
        and set(rule.get("verbs", ())) >= VERBS
        for rule in rules
    )
