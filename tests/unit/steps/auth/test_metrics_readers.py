"""Roles that may not read metrics: the Then-step goes red."""

from suite.auth import service_accounts
from tests.steps.auth import metrics_readers as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, goes_red

RULE = {"apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": ["get", "list"]}


def test_a_role_that_may_not_read_metrics() -> None:
    paths = {role: f"{service_accounts.RBAC}/clusterroles/{role}" for role in steps.ROLES}
    api = FakeApi({path: {"rules": [{"nonResourceURLs": ["/x"]}, RULE]} for path in paths.values()})
    steps.viewers_read(cluster(api=api))
    for rules in ([], [{**RULE, "verbs": ["get"]}], [{**RULE, "apiGroups": [""]}]):
        api.table[paths["view"]] = {"rules": rules}
        says = "may read metrics.k8s.io; instead: view may not"
        goes_red(says, steps.viewers_read, cluster(api=api))
