"""Only what carries our label is ours; one run has the cluster at a time."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import existing
from fixtures.plugin import lanes
from fixtures.worlds import fault_ledger
from fixtures.worlds.faults import Faults
from infra import observed_places
from infra.described import lease, own_objects
from infra.described.lease import Tenure
from infra.described.own_objects import CLUSTER_SCOPED, NAMESPACES
from infra.errors import ClusterBroken, ClusterLocked
from infra.kube_api import Answer, ApiRefused
from infra.lifecycle import state_dir
from infra.wait import eventually
from tests.unit.elections_fake import cluster as fake_cluster
from tests.unit.fakes import FakeApi, answer
from tests.unit.faulty_machine import Machine
from tests.unit.plugin.marked import marked

LABELS = {"scenario-of": "kubernetes-from-scratch"}
OURS = {"name": "claim-01234567", "labels": LABELS}
LIKE = {"name": "claim-89abcdef"}
PATH = f"{lease.LEASES}/{lease.NAME}"


def items(*names: str) -> Any:
    return {"items": [{"metadata": {"name": name}} for name in names]}


def test_a_sweep_deletes_what_is_labelled_also_where_its_namespace_is_gone() -> None:
    policies, crds = CLUSTER_SCOPED[1], CLUSTER_SCOPED[5]
    orphan = {"name": "claim-0badcafe-no-root", "labels": LABELS}
    group = {"name": "limits.claim-01234567.example.com", "labels": LABELS}
    api = FakeApi({
        NAMESPACES: {"items": [{"metadata": OURS}, {"metadata": LIKE}]},
        policies: {"items": [{"metadata": orphan}, *items("claim-01234567-x", "mine")["items"]]},
        crds: {"items": [{"metadata": group}, *items("volumesnapshots.example.com")["items"]]},
    })  # fmt: skip
    expected = [
        f"{policies}/claim-0badcafe-no-root",
        f"{crds}/limits.claim-01234567.example.com",
        f"{NAMESPACES}/claim-01234567",
    ]
    assert own_objects.left(api) == expected
    assert {method for method, *_ in api.asked} == {"GET"}
    assert [path for _, path, _ in api.asked] == [*CLUSTER_SCOPED, NAMESPACES]
    api.table |= {f"DELETE {path}": {} for path in expected}
    assert own_objects.sweep(api) == expected
    deleted = [path for method, path, _ in api.asked if method == "DELETE"]
    assert deleted == expected


def test_a_collection_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ApiRefused, match="403"):
        own_objects.left(FakeApi({CLUSTER_SCOPED[0]: (403, {"message": "no"})}))


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
        self.refuses = ""

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        self.asked.append((method, path, how.get("body")))
        if method == self.refuses:
            return answer(403)
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


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken_by_us(api: Server, causes: list[str], clock: Clock) -> Tenure:
    return Tenure(api, lease.taken(api, "me"), causes.append, clock)


def test_one_that_others_have_taken_is_lost_at_once_and_neither_renewed_nor_deleted() -> None:
    api, causes = Server(), list[str]()
    tenure = taken_by_us(api, causes, Clock())
    tenure.look()
    assert causes == []
    api.kept = of_others(0)
    tenure.look()
    assert causes == [f"{lease.LOST} is held by you@there"]
    tenure.look()
    assert len(causes) == 2, "who forgot it is told again"
    lease.release(api, "me")
    assert api.kept["spec"]["holderIdentity"] == "you@there"


def test_one_that_was_deleted_is_lost() -> None:
    api, causes = Server(), list[str]()
    tenure = taken_by_us(api, causes, Clock())
    api.kept = None
    tenure.look()
    assert causes == [f"{lease.LOST} was deleted"]


@pytest.mark.parametrize("silent", ["GET", "PUT"])
def test_one_that_cannot_be_renewed_is_lost_after_its_duration_and_not_before(silent: str) -> None:
    api, causes, clock = Server(), list[str](), Clock()
    tenure = taken_by_us(api, causes, clock)
    for clock.now in (15.0, 30.0):
        tenure.look()
    api.refuses = silent
    for clock.now in (45.0, 60.0, 89.0):
        tenure.look()
    assert causes == []
    api.refuses = ""
    clock.now = 89.5
    tenure.look()
    api.refuses = silent
    for clock.now in (140.0, 149.4):
        tenure.look()
    assert causes == []
    clock.now = 149.6
    tenure.look()
    assert causes[0].startswith(f"{lease.LOST} could not be renewed for 60 s: ")
    assert "403" in causes[0]
    api.refuses = ""
    tenure.look()
    assert causes[1] == causes[0], "others may have had it and given it back"
    assert api.kept["spec"]["holderIdentity"] == "me", "others stay out while all is restored"


def test_an_error_that_nobody_expects_counts_as_none_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, causes, clock = Server(), list[str](), Clock()
    tenure = taken_by_us(api, causes, clock)
    monkeypatch.setattr(api, "ask", lambda *_, **__: 1 / 0)
    clock.now = 61
    tenure.look()
    assert "division by zero" in causes[0]


def test_renewals_are_no_looks_of_the_scenario_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(observed_places, "listeners", [lambda host, _: seen.append(host)])
    monkeypatch.setattr(lease, "RENEWED", 0.001)
    api, looks = Server(), Semaphore(0)

    def look(_: Tenure) -> None:
        observed_places.looked("api")
        looks.release()

    monkeypatch.setattr(Tenure, "look", look)
    with lease.held(api):
        assert looks.acquire(timeout=5)
        observed_places.looked("worker-0")
    assert seen == ["worker-0"]


def test_a_run_that_lost_its_lease_starts_nothing_and_restores_what_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path)
    at: Any = fake_cluster(tmp_path, shell=lambda _: machine)
    api = Server()
    at.api, at.has_means, at.is_ours = api, lambda _: True, False
    monkeypatch.setattr(lease, "RENEWED", 0.001)
    monkeypatch.setattr(lanes, "left_as_found", lambda *_: nullcontext())
    item = marked("changes_a_member")
    values = {"settings": SimpleNamespace(state=tmp_path, overlap=True), "cluster": at}
    request: Any = SimpleNamespace(node=item, config=None, getfixturevalue=values.get)
    with existing.leased(at):
        assert api.kept["spec"]["leaseDurationSeconds"] == lease.OUTAGE
        with lanes.turn(request):
            faults = Faults(at, gate=lambda _: None)
            faults.stop("controller-1", "etcd")
            api.kept = of_others(0)
            eventually(
                lambda: state_dir.given_up(tmp_path), bool, within=5, every=0.01, what="it is lost"
            )
            faults.restore()
            assert fault_ledger.owners(tmp_path) == []
        with pytest.raises(ClusterBroken, match="is held by you@there"), lanes.turn(request):
            raise AssertionError("a scenario began")
    assert api.kept["spec"]["holderIdentity"] == "you@there"
