"""Who may not read metrics, and who may: every Then-step goes red, as one understands."""

from typing import Any

import pytest

from suite.auth import service_accounts
from suite.auth.service_accounts import TokenAccount
from tests.steps.auth import metrics_readers as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, goes_red
from tests.unit.steps.instrumentation.test_component_metrics import cluster as of_tables

RULE = {"apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": ["get", "list"]}


def test_a_role_that_may_not_read_metrics() -> None:
    paths = {role: f"{service_accounts.RBAC}/clusterroles/{role}" for role in steps.ROLES}
    api = FakeApi({path: {"rules": [{"nonResourceURLs": ["/x"]}, RULE]} for path in paths.values()})
    steps.viewers_read(cluster(api=api))
    for rules in ([], [{**RULE, "verbs": ["get"]}], [{**RULE, "apiGroups": [""]}]):
        api.table[paths["view"]] = {"rules": rules}
        says = "may read metrics.k8s.io; instead: view may not"
        goes_red(says, steps.viewers_read, cluster(api=api))


def test_monitoring_that_may_not_read_or_an_account_that_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeApi, "impersonating", lambda one, *_: one)
    monkeypatch.setattr(FakeApi, "with_token", lambda one, _: one)
    paths = (*steps.READABLE, steps.DUMP)
    readable: dict[str, Any] = dict.fromkeys(paths, "ok")
    steps.member_may_read(of_tables(readable), "system:monitoring")
    one_of_two = of_tables(readable, {})
    words = "system:monitoring read; instead: controller-1: {'/metrics': 404"
    goes_red(words, steps.member_may_read, one_of_two, "system:monitoring")
    refusing: dict[str, Any] = dict.fromkeys(paths, (403, {}))
    plain = TokenAccount("ns", "plain", "t")
    for what, path in zip(steps.REFUSED, ("/metrics", steps.DUMP), strict=True):
        steps.account_refused(of_tables(refusing), plain, what)
        words = f"refuses an account without rights; instead: controller-1: {{'{path}': 200"
        goes_red(words, steps.account_refused, of_tables(refusing, readable), plain, what)
