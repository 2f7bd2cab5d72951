"""Whom API servers believe, and what the account behind them may: every Then-step goes red."""

from pathlib import Path
from typing import Any, cast

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.auth import client_ca_matrix
from infra.cluster import Cluster
from infra.kube_api import WHO, Credentials
from suite.auth import service_accounts
from tests.steps.apimachinery import aggregated_api_access as access
from tests.steps.auth import component_permissions as permissions
from tests.unit.fakes import FakeApi, evidence, goes_red
from tests.unit.steps.apimachinery.test_aggregated_api_access import USERS
from tests.unit.steps.apimachinery.test_aggregation import Live


@pytest.fixture
def live() -> Cluster:
    return cast("Cluster", Live(FakeApi({})))


def test_an_api_server_that_believes_anybody(
    live: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    user, another = USERS.stranger.user, client_ca_matrix.BY_ANOTHER_NAME
    good = {
        "front-proxy-client": user, another: "401 Unauthorized",
        access.STRANGER: "system:kube-proxy", "nobody": "403 Forbidden",
    }  # fmt: skip
    taken = dict(good)
    monkeypatch.setattr(access, "certificates_shown", lambda *_: dict(zip(good, good, strict=True)))
    monkeypatch.setattr(aggregation, "taken_for", lambda _, shown, __: taken[shown])
    nobody, step = cast("Any", None), access.front_proxy_only
    given = (step, live, nobody, USERS, evidence(), tmp_path, "every API server")
    step(*given[1:])
    for whose, wrong in (
        (access.STRANGER, user),
        (another, user),
        (another, f"{user} without group claim:61.7"),
        ("front-proxy-client", "front-proxy-client"),
        ("front-proxy-client", f"{user} without group claim:61.7"),
    ):
        taken = {**good, whose: wrong}
        goes_red(f"controller-0 takes one with the certificate of {whose} for {wrong}", *given)


def test_what_an_api_server_takes_of_a_front_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    says = aggregation.Said("ns-user")
    info = {"username": "ns-user", "groups": [says.group], "extra": {"claim": [says.group]}}

    def takes(**changed: Any) -> str:
        status = {"userInfo": {**info, **changed}}
        made = FakeApi({f"POST {WHO}": {"status": status}})
        monkeypatch.setattr(aggregation, "Api", lambda *_: made)
        return aggregation.taken_for(made, Credentials(ca=Path("ca")), says)

    assert says.headers()["X-Remote-Extra-claim"] == says.group
    assert takes() == "ns-user"
    assert takes(username="system:anonymous") == "system:anonymous"
    assert takes(groups=["system:authenticated"]) == "ns-user without group claim:61.7"
    assert takes(extra={}) == "ns-user without extra claim"


def test_a_second_binding_of_its_account(live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = {("get", "metrics")}
    monkeypatch.setattr(
        service_accounts, "may", lambda _a, user, what, groups: "metrics-server" in user
        and "system:serviceaccounts" in groups and (what["verb"], what["subresource"]) in allowed
    )  # fmt: skip
    permissions.no_other_right(live, "nodes/metrics")
    for more, words in ((("get", "log"), "get nodes/log"), (("create", "proxy"), "create nodes/p")):
        allowed.add(more)
        says = f"has no more; instead: controller-0 lets {permissions.ACCOUNT} {words}"
        goes_red(says, permissions.no_other_right, live, "nodes/metrics")
        allowed.remove(more)
