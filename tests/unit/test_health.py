"""The health gate says everything that is wrong, and passes only when nothing is."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from infra import health, reach
from infra.clients.etcd import Status
from infra.clients.leases import Lease
from infra.cluster import Cluster
from infra.errors import ClusterBroken, LabError, WaitTimeout
from tests.unit.elections_fake import START, cluster
from tests.unit.fakes import FakeApi, no_time_passes

ENDPOINTS = ("https://10.0.1.11:2379", "https://10.0.1.12:2379")
MEMBERS = tuple(Status(endpoint, 1, 7, 1, 40, 2, "3.6.8") for endpoint in ENDPOINTS)
HELD = Lease("kube-scheduler", "controller-0_x", 0, 15, START, START)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def test_a_healthy_cluster_passes_with_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    def none(live: object) -> list[str]:
        looks.append(live)
        return []

    monkeypatch.setattr(health, "problems", none)
    health.gate(cluster())
    assert len(looks) == 1


def test_a_broken_cluster_is_told_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ["node worker-0 is not Ready", "etcd https://10.0.1.12:2379 does not answer"]
    monkeypatch.setattr(health, "problems", lambda _: wrong)
    with pytest.raises(
        ClusterBroken, match=r"(?s)after 90 s: node worker-0 is not Ready.*10\.0\.1\.12.*infra down"
    ):
        health.gate(cluster())


def test_the_deep_gate_tells_which_pod_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: object) -> None:
        raise WaitTimeout("worker-1 does not reach dns")

    monkeypatch.setattr(health, "problems", lambda _: [])
    monkeypatch.setattr(reach, "across_workers", unreachable)
    with pytest.raises(ClusterBroken, match="worker-1 does not reach dns"):
        health.gate(cluster(), deep=True)


def test_a_check_that_cannot_look_is_a_problem() -> None:
    def blind() -> list[str]:
        raise LabError("controller-0 cannot be reached")

    assert health.judged(blind) == ["controller-0 cannot be reached"]


def test_members_without_answer_or_leader() -> None:
    assert health.member_problems(ENDPOINTS, MEMBERS) == []
    assert "10.0.1.12:2379 does not answer" in health.member_problems(ENDPOINTS, MEMBERS[:1])[0]
    split = (MEMBERS[0], replace(MEMBERS[1], leader=2))
    assert "no leader that all agree on" in health.member_problems(ENDPOINTS, split)[0]
    alarmed = (MEMBERS[0], replace(MEMBERS[1], errors=("NOSPACE",)))
    assert health.member_problems(ENDPOINTS, alarmed) == [f"etcd {ENDPOINTS[1]}: NOSPACE"]


def test_a_lease_that_nobody_keeps() -> None:
    assert health.stale(HELD, START + timedelta(seconds=19)) == []
    assert "renewed the Lease kube-scheduler 21 s ago" in health.stale(
        HELD, START + timedelta(seconds=21)
    )[0]  # fmt: skip
    assert health.stale(replace(HELD, holder=""), START) == [
        "nobody holds the Lease kube-scheduler"
    ]


def test_nodes_and_dns() -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    nodes = {"items": [{"metadata": {"name": "worker-0"}, **ready}]}
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    live = cluster(api=FakeApi({"/api/v1/nodes": nodes, path: {"status": {}}}))
    assert health.node_problems(live) == ["node worker-1 is not Ready"]
    assert health.dns_problems(live) == ["CoreDNS is not available"]


def test_an_api_server_that_knows_tokens_by_another_key() -> None:
    def server(kid: str) -> FakeApi:
        return FakeApi({"/openid/v1/jwks": {"keys": [{"kid": kid}]}})

    live = SimpleNamespace(api_servers=lambda: {"controller-0": server("a"), "controller-1": other})
    other = server("b")
    assert health.token_problems(cast("Cluster", live)) == [
        "API servers of controller-0 and controller-1 know different keys of service accounts"
    ]
    other = server("a")
    assert health.token_problems(cast("Cluster", live)) == []
