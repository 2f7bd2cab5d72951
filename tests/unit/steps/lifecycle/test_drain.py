"""Cordons and drains: every Then-step goes red, as one understands."""

from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.worlds.lifecycle.drain import RECORD, Maintenance
from infra.clients.transport.kubectl import Running, Told
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from suite.lifecycle import drain as drains
from suite.lifecycle.drain import Drill
from tests.steps.lifecycle import drain as steps
from tests.steps.lifecycle import drain_deployment
from tests.steps.lifecycle.drain import Emptied
from tests.unit.fakes import (  # fmt: skip
    FakeApi,
    evidence,
    goes_red,
    not_judged,
    running_pod,
    workloads_of,
)

NODE = "/api/v1/nodes/worker-0"
ALL = "/api/v1/pods"
OWN = "/api/v1/namespaces/ns/pods"


def pod(name: str, node: str = "worker-0", *, owner: str = "", ready: str = "True") -> Any:
    owners = [{"kind": owner, "name": "o", "controller": True}] if owner else []
    return {
        "metadata": {"name": name, "uid": name, "namespace": "ns", "ownerReferences": owners},
        "spec": {"nodeName": node},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def node(**spec: Any) -> Any:
    return {
        "metadata": {"labels": {"a": "b"}},
        "spec": spec,
        "status": {"capacity": {"cpu": "2"}, "allocatable": {"cpu": "2"}},
    }


class Drained(Running):
    """A drain that has ended, or goes on with the status -1."""

    def __init__(self, status: int = 0, text: str = "drained") -> None:
        self.argv = ("drain", "worker-0")
        self.status = status
        self.text = text

    def ended(self) -> bool:
        return self.status >= 0

    def told(self) -> Told:
        return Told(self.argv, self.status, self.text)


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    layout = spec.layout

    def __init__(self, api: FakeApi, shell: Any = None) -> None:
        self.api = api
        self._shell = shell

    def shell(self, _name: str) -> Any:
        return self._shell


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({ALL: {"items": []}, OWN: {"items": []}, NODE: node()})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


@pytest.fixture
def drill(api: FakeApi) -> Drill:
    return Drill(api, "ns", "rz", "worker-0", 0.0)


def has(api: FakeApi, path: str, *pods: Any) -> None:
    api.table[path] = {"items": list(pods)}


def emptied(*before: Any, drain: Running | None = None) -> Emptied:
    return Emptied("worker-0", {p["metadata"]["uid"]: p for p in before}, drain or Drained())


def test_a_node_that_is_not_cordoned(api: FakeApi, live: Cluster, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("worker-0\n")
    work = Maintenance(api, cast("Any", None), tmp_path)
    with pytest.raises(WaitTimeout, match="is marked unschedulable and has the taint"):
        steps.is_unschedulable(live, work, 10)
    api.table[NODE] = node(unschedulable=True, taints=[{"key": drains.TAINT}])
    steps.is_unschedulable(live, work, 10)


def test_a_pod_that_runs_on_the_cordoned_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject, api, _ = running_pod()
    work, done = workloads_of(api), Maintenance(api, cast("Any", None), tmp_path)
    (tmp_path / RECORD).write_text("worker-0\n")
    monkeypatch.setattr(type(work), "run", lambda *_, **__: subject)
    says = "a Pod for any worker should run on another, not worker-0: worker-0"
    goes_red(says, steps.pod_runs_on, work, done, "any", "another")
    monkeypatch.setattr(type(work), "ask_scheduler", lambda *_, **__: None)
    monkeypatch.setattr(type(work), "running", lambda *_: subject)
    steps.pod_runs_on(work, done, steps.UNCORDONED, steps.UNCORDONED)
    (tmp_path / RECORD).write_text("worker-1\n")
    steps.pod_runs_on(work, done, "any", "another")
    says = "a Pod for the uncordoned worker should run on the uncordoned, not worker-1: worker-0"
    goes_red(says, steps.pod_runs_on, work, done, steps.UNCORDONED, steps.UNCORDONED)
    api.table[f"{OWN}/pinned"] = pod("pinned")
    with pytest.raises(WaitTimeout, match="is not scheduled, because it is unschedulable"):
        steps.stays_pending(work, subject, 30, "unschedulable")


def test_drains_that_fail_or_do_not_end() -> None:
    steps.drain_succeeds(emptied(), evidence(), 60)
    failed = emptied(drain=Drained(1, "cannot delete Pods: rz, use --force"))
    goes_red("ended with 1: cannot delete", steps.drain_succeeds, failed, evidence(), 60)
    subject, _, _ = running_pod()
    steps.drain_fails(failed, subject, "--force")
    silent = emptied(drain=Drained(1, "cannot delete Pods: other, use --force"))
    goes_red("1 naming rz and --force", steps.drain_fails, silent, subject, "--force")
    goes_red("it was 0", steps.drain_fails, emptied(), subject, "--force")
    with pytest.raises(WaitTimeout, match=r"(?s)kubectl drain worker-0 ends.*evicting pod"):
        steps.drain_succeeds(emptied(drain=Drained(-1, "evicting pod")), evidence(), 60)


def test_what_a_drain_leaves(api: FakeApi, live: Cluster) -> None:
    daemon, other = pod("d", owner="DaemonSet"), pod("x")
    has(api, ALL, daemon)
    steps.daemons_left(live, emptied(daemon, other))
    has(api, ALL, daemon, other)
    goes_red(r"still has \['x'\]", steps.daemons_left, live, emptied(daemon, other))
    has(api, ALL)
    goes_red(r"DaemonSets' Pods went \['d'\]", steps.daemons_left, live, emptied(daemon, other))
    not_judged("nothing was spared", steps.daemons_left, live, emptied(other))


def test_pods_that_went_without_eviction(api: FakeApi, drill: Drill) -> None:
    going = pod("x")
    has(api, OWN, going)
    drill.look(1.0)
    goes_red("x: no condition DisruptionTarget", steps.were_evicted, emptied(going), drill)
    going["status"]["conditions"].append({"type": "DisruptionTarget", "reason": drains.EVICTED})
    drill.look(2.0)
    steps.were_evicted(emptied(going), drill)
    not_judged("none of the Deployment's Pods was on", steps.were_evicted, emptied(), drill)


def test_a_refused_drain_that_evicts(api: FakeApi, live: Cluster) -> None:
    has(api, ALL, pod("x"))
    steps.none_gone(live, emptied(pod("x")))
    going = pod("x")
    going["metadata"]["deletionTimestamp"] = "2026-11-25T23:00:00Z"
    has(api, ALL, going)
    goes_red(
        "a refused drain evicts nothing; instead: .*x", steps.none_gone, live, emptied(pod("x"))
    )
    has(api, ALL)
    goes_red(
        "a refused drain evicts nothing; instead: .*x", steps.none_gone, live, emptied(pod("x"))
    )


def test_a_budget_that_is_not_kept(api: FakeApi, drill: Drill) -> None:
    has(api, OWN, pod("x"), pod("y", ready="False"))
    eviction = f"{OWN}/x/eviction"
    api.table[eviction] = (201, {})
    goes_red(
        "429 by DisruptionBudget was expected; 201",
        drain_deployment.eviction_refused,
        drill,
        429,
        "DisruptionBudget",
    )
    api.table[eviction] = (429, {"details": {"causes": [{"reason": "DisruptionBudget"}]}})
    drain_deployment.eviction_refused(drill, 429, "DisruptionBudget")
    goes_red("429 by Other was expected", drain_deployment.eviction_refused, drill, 429, "Other")
    drill.look(3.0)
    goes_red(
        "budget of 2 was kept all the time; instead: .*1 at 3.0 s",
        drain_deployment.never_fewer,
        drill,
        evidence(),
        2,
    )
    with pytest.raises(Exception, match="goes on and 2 Pods are Ready"):
        steps.drain_goes_on(emptied(drain=Drained(-1)), 12, 2)


def test_pods_that_stay_or_do_not_come(api: FakeApi, drill: Drill) -> None:
    with pytest.raises(WaitTimeout, match="Deployment rz has 2 Ready Pods"):
        drain_deployment.replaced(drill, 120, 2)
    has(api, OWN, pod("x"), pod("y", "worker-1"))
    goes_red(
        "its Pods run on another worker; instead: .*x", drain_deployment.replaced, drill, 120, 2
    )
    has(api, OWN, pod("x", "worker-1"), pod("y", "worker-1"))
    drain_deployment.replaced(drill, 120, 2)


def test_a_pod_without_its_grace() -> None:
    told = Drained(0, "ready\nhook 100\nsignal 102\nend 108\n")
    steps.log_tells(told, evidence(), 2, 6)
    goes_red("should have their 2 and 7 s", steps.log_tells, told, evidence(), 2, 7)
    killed = Drained(0, "ready\nhook 100\n")
    goes_red("should print hook, signal and end", steps.log_tells, killed, evidence(), 2, 6)
