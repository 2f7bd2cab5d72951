"""One run has a cluster at a time, by a Lease; one that has lost it stops."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import existing
from fixtures.plugin import lanes
from fixtures.plugin.recording import CLUSTER, LIVE
from fixtures.worlds import fault_ledger
from fixtures.worlds.faults import Faults
from infra import observed_places
from infra.described import lease
from infra.described.lease import Tenure
from infra.errors import ClaimError, ClusterBroken, ClusterLocked
from infra.kube_api import Answer
from infra.lifecycle import state_dir
from infra.report.model import judged as verdict_of
from infra.report.outcomes import Outcome
from infra.wait import eventually
from tests.unit.elections_fake import cluster as fake_cluster
from tests.unit.fakes import FakeApi, answer
from tests.unit.faulty_machine import Machine
from tests.unit.plugin.marked import marked


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
        assert looks.acquire(timeout=60)
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
                lambda: state_dir.given_up(tmp_path), bool, within=60, every=0.01, what="it is lost"
            )
            faults.restore()
            assert fault_ledger.owners(tmp_path) == []
        with pytest.raises(ClusterBroken, match="is held by you@there"), lanes.turn(request):
            raise AssertionError("a scenario began")
    assert api.kept["spec"]["holderIdentity"] == "you@there"


@pytest.mark.parametrize("ends", [None, ClaimError("the claim is false")])
@pytest.mark.parametrize(
    ("cause", "further", "judged"),
    [
        (f"{lease.LOST} was deleted", "", False),
        (f"{lease.LOST} was deleted", "series-2", True),
        ("the cluster is not healthy: etcd is gone", "", True),
        ("", "", True),
    ],
)
def test_who_runs_when_it_is_lost_is_not_judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: ClaimError | None,
    cause: str,
    further: str,
    *,
    judged: bool,
) -> None:
    item: Any = SimpleNamespace(
        nodeid=f"{LIVE}13_operating.py::a", config=SimpleNamespace(workerinput={CLUSTER: further})
    )
    with monkeypatch.context() as patch:  # the hook is that of this test, too
        patch.setattr(existing, "from_config", lambda _: SimpleNamespace(state=tmp_path))
        calling = existing.pytest_runtest_call(item)
        next(calling)
        if cause:
            state_dir.give_up(tmp_path, cause)
        wanted = (ClaimError if ends else StopIteration) if judged else ClusterBroken
        with pytest.raises(wanted) as told:
            calling.throw(ends) if ends else calling.send(None)
    if not judged:
        assert str(told.value) == cause
        assert verdict_of(told.value, in_step="then") is Outcome.UNKNOWN
