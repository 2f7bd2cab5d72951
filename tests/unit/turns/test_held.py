"""Scenarios that hold different things run side by side, and each sees only what it holds."""

import json
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin import lanes
from fixtures.turns import held
from fixtures.turns.held import NEED, compared, in_sight, need_of
from fixtures.worlds import fault_ledger, faults, namespace
from fixtures.worlds.fault_types import Stopped
from fixtures.worlds.faults import Faults
from fixtures.worlds.workloads.pods import Workloads
from infra.cluster import Cluster
from infra.errors import ClusterBroken
from infra.footprints import locks
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import ALL, Need, choose
from infra.inventory import series
from infra.settings import Settings
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, cluster_of, no_time_passes
from tests.unit.faulty_machine import Machine
from tests.unit.plugin.marked import marked

SPEC = series("x", kubernetes="1.36.5", platform="local")


def live(state: Path) -> Cluster:
    def no_shell(_: str) -> Any:
        raise AssertionError

    return Cluster(SPEC, state, no_shell)


def need(*tags: str) -> Need:
    return choose(of_tags(tags), [])


def request_of(state: Path, *tags: str, overlap: bool = True) -> Any:
    settings = Settings(cluster_id="x", state_root=state, overlap=overlap)
    settings.state.mkdir(exist_ok=True)
    values: dict[str, Any] = {"settings": settings, "cluster": live(settings.state)}
    item = marked(*tags, name="a scenario")
    return SimpleNamespace(node=item, config=None, getfixturevalue=values.get)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """Looks at a cluster that is none: the workers that the gate saw."""
    seen: list[frozenset[str]] = []

    def left_as_found(_config: Any, at: Cluster, need: Need) -> ExitStack:
        seen.append(frozenset(one.name for one in in_sight(at, need).spec.workers))
        return ExitStack()

    monkeypatch.setattr(lanes, "left_as_found", left_as_found)
    return seen


@pytest.mark.parametrize(
    ("one", "other", "overlap", "beside"),
    [
        ("changes_worker_0", "changes_worker_1", True, True),
        ("changes_a_worker", "changes_a_worker", True, True),
        ("changes_a_worker", "slow", True, True),
        ("changes_worker_0", "relies_on_every_worker", True, False),
        ("changes_managers", "ignores_workers", True, False),
        ("changes_worker_0", "changes_worker_1", False, False),
        ("changes_worker_0", "slow", False, False),
    ],
)
def test_who_changes_other_things_runs_beside(
    tmp_path: Path, quiet: object, one: str, other: str, *, overlap: bool, beside: bool
) -> None:
    began = Event()

    def take() -> None:
        with lanes.turn(request_of(tmp_path, other, overlap=overlap)):
            began.set()

    mine = Thread(target=take)
    with lanes.turn(request_of(tmp_path, one, overlap=overlap)):
        mine.start()
        assert began.wait(5 if beside else 0.3) == beside
    mine.join(10)
    assert began.is_set()


def test_a_scenario_is_told_which_worker_is_its_own(tmp_path: Path, quiet: object) -> None:
    for overlap in (True, False):
        asked = request_of(tmp_path, "changes_a_worker", overlap=overlap)
        with lanes.turn(asked):
            fixture: Any = held.own_worker
            assert fixture.__wrapped__(asked) == "worker-0"
    assert need_of(marked()) == ALL, "outside a run nobody else is there"


def test_the_gate_looks_at_what_is_held(tmp_path: Path, quiet: list[frozenset[str]]) -> None:
    both = frozenset({"worker-0", "worker-1"})
    for tags, seen in (
        (["changes_worker_1"], {"worker-1"}),
        (["changes_every_worker"], both),
        (["changes_a_worker", "relies_on_every_worker"], both),
        (["changes_an_api_server"], both),
    ):
        quiet.clear()
        with lanes.turn(request_of(tmp_path, *tags)):
            assert quiet == [seen], tags
    assert len(in_sight(live(tmp_path), need("changes_worker_0")).spec.controllers) == 3


@pytest.mark.parametrize(
    ("tags", "machines"),
    [
        (["changes_worker_0"], {"worker-0"}),
        (["changes_a_worker", "relies_on_every_worker"], {"worker-0"}),
        (["changes_every_worker"], {"worker-0", "worker-1"}),
        (["changes_ebs_driver"], set()),
        (["changes_managers"], None),
        (["changes_worker_0", "changes_nodes_readiness"], None),
    ],
)
def test_what_is_compared_is_what_is_held_alone(
    tmp_path: Path, tags: list[str], machines: set[str] | None
) -> None:
    assert compared(live(tmp_path), need(*tags)) == machines


def test_pods_go_to_the_worker_that_a_scenario_has(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr("suite.workloads.pods.Pods.create", lambda _, body: made.append(body))
    monkeypatch.setattr(Workloads, "running", lambda *_: None)
    for home in ("worker-1", ""):
        work = Workloads(cluster_of(FakeApi({})), "ns", home)
        work.run("resizable")
        work.run("resizable", nodeSelector={"kubernetes.io/hostname": "worker-0"})
        work.run("resizable", node="worker-0")
        work.run("resizable", nodeName="worker-0")
    chosen = [body["spec"].get("nodeSelector", {}).get("kubernetes.io/hostname") for body in made]
    assert chosen == ["worker-1", "worker-0", None, None, None, "worker-0", None, None]


def test_who_ends_waits_for_its_namespaces_while_nobody_changes_an_add_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """metrics-server is stopped by another scenario: no namespace would go."""
    gone: list[str] = []
    monkeypatch.setattr(namespace, "await_absence", lambda _, name: gone.append(name))
    fixture: Any = namespace.leaving
    ending = fixture.__wrapped__(SimpleNamespace(state=tmp_path, api=None))
    next(ending).append("claim-0a1b2c3d")
    ends = Thread(target=lambda: list(ending))
    with locks.held(tmp_path, "another", lambda _: need("changes_add_ons")):
        ends.start()
        ends.join(0.2)
        assert gone == []
    ends.join(10)
    assert gone == ["claim-0a1b2c3d"]


def test_a_process_undoes_its_own_faults_only(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    at = cluster(tmp_path, shell=lambda _: machine)
    mine, theirs = (Faults(at, gate=lambda _: None, owner=name) for name in ("gw0", "gw1"))
    mine.stop("controller-1", "etcd")
    theirs.stop("controller-1", "etcd")
    theirs.restore()
    assert fault_ledger.owners(tmp_path) == ["gw0"]
    assert faults.pending(tmp_path, "gw0") == [Stopped("controller-1", "etcd")]
    mine.restore()
    assert fault_ledger.owners(tmp_path) == []


def test_a_later_run_repairs_what_all_processes_left(tmp_path: Path) -> None:
    at = cluster(tmp_path, shell=lambda _: Machine(tmp_path))
    for owner in ("", "gw0", "gw1"):
        faults.write(tmp_path, [Stopped("controller-1", "etcd")], owner)
    assert len(faults.repair(at)) == 3
    assert fault_ledger.owners(tmp_path) == []


def test_faults_of_a_process_that_died_break_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(monkeypatch)
    faults.write(tmp_path, [Stopped("worker-0", "kubelet")], "gw7")
    with locks.held(tmp_path, "gw7: it changes worker-0", lambda _: need("changes_worker_0")):
        lanes.must_be_undone(tmp_path)  # it lives, and will undo it
    with pytest.raises(ClusterBroken, match=r"on worker-0 was stopped, and gw7 .* has died"):
        lanes.must_be_undone(tmp_path)


def test_a_ledger_of_a_process_is_read_by_its_name(tmp_path: Path) -> None:
    faults.write(tmp_path, [Stopped("worker-0", "kubelet")], "gw1")
    assert json.loads((tmp_path / "faults-gw1.json").read_text())[0]["kind"] == "stopped"
    assert faults.pending(tmp_path) == []
    assert need_of(marked(stash={NEED: need("changes_worker_0")})).own_worker == "worker-0"
