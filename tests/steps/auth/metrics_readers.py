"""Who may read metrics besides administrators: monitoring, built-in roles, and nobody else."""

from pytest_bdd import given, then

from fixtures.worlds.auth.service_accounts import Accounts
from infra.clients.apimachinery.priority_and_fairness import DUMP
from infra.clients.instrumentation import component_metrics
from infra.clients.instrumentation.node_metrics import GROUP
from infra.cluster import Cluster
from infra.kube_api import Api
from suite.auth import service_accounts
from suite.auth.service_accounts import TokenAccount
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

ROLES = ("view", "edit", "admin")
"""Of every namespace (bootstrappolicy/policy.go); the add-on's role is aggregated to them."""
VERBS = {"get", "list"}
READABLE = ("/metrics", "/metrics/slis", "/livez")
REFUSED = {
    "metrics and SLI metrics": READABLE[:2],
    "the live state of the priority levels": (DUMP,),
}
"""Paths of an API server that need a permission."""


@given("a ServiceAccount without permissions", target_fixture="account")
def plain_account(accounts: Accounts) -> TokenAccount:
    return accounts.make("plain")


@then(phrase('a member of "{group:Name}" may read metrics, SLI metrics and health'))
def member_may_read(cluster: Cluster, group: str) -> None:
    servers = cluster.api_servers().items()
    asked = {
        m: component_metrics.statuses(api.impersonating("someone", group), READABLE)
        for m, api in servers
    }
    wrong = [f"{machine}: {seen}" for machine, seen in asked.items() if set(seen.values()) != {200}]
    must_be_none(wrong, f"each API server lets a member of {group} read")


@then(
    phrase(
        "each API server refuses {what:What} to the ServiceAccount with 403", What=one_of(REFUSED)
    )
)
def account_refused(cluster: Cluster, account: TokenAccount, what: str) -> None:
    servers = cluster.api_servers().items()
    asked = {m: component_metrics.statuses(account.api(api), REFUSED[what]) for m, api in servers}
    wrong = [f"{machine}: {seen}" for machine, seen in asked.items() if set(seen.values()) != {403}]
    must_be_none(wrong, "each API server refuses an account without rights")


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
