"""The end of a drill: every Then-step goes red, as one understands; kubectl as it is run."""

from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.worlds.lifecycle import drain
from fixtures.worlds.lifecycle.drain import Maintenance
from infra.clients.transport.kubectl import Kubectl
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from suite.lifecycle import drain as drains
from suite.lifecycle.drain import Drill
from tests.steps.lifecycle import drain_node
from tests.steps.lifecycle.drain_node import Stood
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red
from tests.unit.steps.lifecycle.test_drain import ALL, NODE, OWN, Live, has, node, pod

WORKERS = ("worker-0", "worker-1")
OTHER = "/api/v1/nodes/worker-1"


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({ALL: {"items": []}, OWN: {"items": []}, NODE: node(), OTHER: node()})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


@pytest.fixture
def drill(api: FakeApi) -> Drill:
    return Drill(api, "ns", "rz", "worker-0", 0.0)


def stood(api: FakeApi) -> Stood:
    units = {name: Unit(name, "kubelet", "active", 7, 1, 1, 0) for name in WORKERS}
    standings = {name: drains.standing(api, name) for name in WORKERS}
    return Stood("worker-0", standings, units, {})


def test_a_node_that_is_not_as_before(api: FakeApi, live: Cluster) -> None:
    before = stood(api)
    drain_node.as_before(live, before, evidence(), 20)
    api.table[NODE] = node(unschedulable=True)
    with pytest.raises(
        WaitTimeout, match=r"(?s)worker-0 and the others are as.*worker-0, unschedulable: False"
    ):
        drain_node.as_before(live, before, evidence(), 20)
    api.table |= {NODE: node(), OTHER: node(unschedulable=True)}
    with pytest.raises(WaitTimeout, match="worker-1, unschedulable: False became True"):
        drain_node.as_before(live, before, evidence(), 20)


def test_a_kubelet_that_was_restarted(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain_node.version_skew, "measure", lambda *_: {})
    shell = FakeShell(answers={"systemctl": "MainPID=8\nExecMainStartTimestampMonotonic=1\n"})
    live = cast("Cluster", Live(api, shell))
    program = cast("Kubectl", type("K", (), {"version": lambda _: "v1.36.1"})())
    goes_red("worker-1 was 7, it is 8", drain_node.same_kubelets, live, program, stood(api))
    shell.answers["systemctl"] = "MainPID=7\nExecMainStartTimestampMonotonic=1\n"
    drain_node.same_kubelets(live, program, stood(api))
    monkeypatch.setattr(drain_node.version_skew, "measure", lambda *_: {"kubelet": {}})
    goes_red("versions were {}; they are", drain_node.same_kubelets, live, program, stood(api))


def test_pods_that_come_back(api: FakeApi, drill: Drill) -> None:
    went = {"x": "worker-1"}
    has(api, OWN, pod("x", "worker-1"))
    drain_node.stay_away(drill, went, stood(api))
    has(api, OWN, pod("z", "worker-0"))
    goes_red("x on no node", drain_node.stay_away, drill, went, stood(api))
    with pytest.raises(AssertionError, match="was still on worker-0"):
        drain_node.stay_away(drill, {"x": "worker-0"}, stood(api))


class Program:
    """A kubectl that does nothing, and remembers that it was ended."""

    closed = False

    def run(self, *_: str) -> None: ...

    def close(self) -> None:
        self.closed = True


def test_workers_are_schedulable_again_whatever_happened(api: FakeApi, tmp_path: Path) -> None:
    program = Program()
    work = Maintenance(api, cast("Any", program), tmp_path)
    work.cordon("worker-0")
    assert drain.cordoned(tmp_path) == ["worker-0"]  # written down before a kill can come
    work.end()
    assert program.closed
    assert api.asked[-1] == ("PATCH", NODE, {"spec": {"unschedulable": None}})
    assert drain.cordoned(tmp_path) == []


def test_a_worker_that_somebody_else_cordoned_is_not_opened(api: FakeApi, tmp_path: Path) -> None:
    api.table[NODE] = node(unschedulable=True)
    assert drain.open_again(api, tmp_path) == []
    assert not [path for method, path, _ in api.asked if method == "PATCH"]


def test_kubectl_runs_and_is_ended(tmp_path: Any) -> None:
    program = tmp_path / "kubectl"
    program.write_text(
        '#!/bin/sh\necho "$KUBECONFIG $*"\n[ "$1" = wait ] && exec sleep 60\nexit 3\n'
    )
    program.chmod(0o755)
    kubectl = Kubectl(program, tmp_path / "config")
    told = kubectl.run("drain", "x")
    assert (told.status, told.text) == (3, f"{tmp_path}/config drain x\n")
    going = kubectl.begin("wait")
    assert going.told().status == -1
    kubectl.close()
    assert going.ended()
