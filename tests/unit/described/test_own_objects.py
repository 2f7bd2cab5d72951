"""Only what carries our label is ours; one run has the cluster at a time."""

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from infra.described import lease, own_objects
from infra.described.own_objects import CLUSTER_SCOPED, NAMESPACES
from infra.errors import ClusterLocked
from infra.kube_api import Answer
from tests.unit.fakes import FakeApi, answer

OURS = {"name": "claim-01234567", "labels": {"scenario-of": "kubernetes-from-scratch"}}
LIKE = {"name": "claim-89abcdef"}
PATH = f"{lease.LEASES}/{lease.NAME}"


def items(*names: str) -> Any:
    return {"items": [{"metadata": {"name": name}} for name in names]}


def test_a_sweep_deletes_what_is_labelled_and_what_carries_its_name() -> None:
    policies, crds = CLUSTER_SCOPED[1], CLUSTER_SCOPED[5]
    api = FakeApi({
        NAMESPACES: {"items": [{"metadata": OURS}, {"metadata": LIKE}]},
        policies: items("claim-01234567-no-root", "claim-89abcdef-x", "claim-012345678", "mine"),
        crds: items("limits.claim-01234567.example.com", "volumesnapshots.snapshot.storage.k8s.io"),
    })  # fmt: skip
    expected = [
        f"{policies}/claim-01234567-no-root",
        f"{crds}/limits.claim-01234567.example.com",
        f"{NAMESPACES}/claim-01234567",
    ]
    assert own_objects.left(api) == expected
    assert {method for method, *_ in api.asked} == {"GET"}
    api.table |= {f"DELETE {path}": {} for path in expected}
    assert own_objects.sweep(api) == expected
    deleted = [path for method, path, _ in api.asked if method == "DELETE"]
    assert deleted == expected


def test_a_namespace_of_ours_says_until_when_it_may_be_there() -> None:
    made = own_objects.metadata("claim-01234567")
    until = datetime.fromisoformat(made["annotations"][own_objects.EXPIRES])
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
    assert own_objects.is_ours({"metadata": made})


class Server(FakeApi):
    """Keeps one Lease as an API server does."""

    def __init__(self, kept: Any = None) -> None:
        super().__init__({})
        self.kept = kept

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        self.asked.append((method, path, how.get("body")))
        if method == "POST" and self.kept:
            return answer(409)
        if method in ("POST", "PUT"):
            self.kept = how["body"]
        if method == "GET" and not self.kept:
            return answer(404)
        found = self.kept
        if method == "DELETE":
            self.kept = None
        return answer(200, **found)


def of_others(seconds: int) -> Any:
    renewed = datetime.now(UTC) - timedelta(seconds=seconds)
    spec = {
        "holderIdentity": "you@there",
        "leaseDurationSeconds": 60,
        "renewTime": renewed.isoformat(),
    }
    return {"metadata": {"name": lease.NAME, "resourceVersion": "7"}, "spec": spec}


def test_the_lease_is_there_for_the_run_and_gone_afterwards() -> None:
    api = Server()
    with lease.held(api):
        assert api.kept["spec"]["holderIdentity"] == lease.identity()
    assert api.kept is None


def test_a_cluster_that_others_judge_is_not_ours() -> None:
    with (
        pytest.raises(ClusterLocked, match="judged by you@there now"),
        lease.held(Server(of_others(30))),
    ):
        pass


def test_a_dead_run_s_lease_is_taken_over_by_its_version() -> None:
    api = Server(of_others(90))
    with lease.held(api):
        assert api.kept["metadata"]["resourceVersion"] == "7"
        assert api.kept["spec"]["holderIdentity"] == lease.identity()


def test_one_that_others_have_taken_is_neither_renewed_nor_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease, "RENEWED", 0.001)
    api = Server()
    own = lease.taken(api, "me")
    api.kept = of_others(0)
    lease.renew(api, own, Event())
    lease.release(api, "me")
    assert api.kept["spec"]["holderIdentity"] == "you@there"
