"""What a scenario leaves behind is named, and fails that scenario."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.plugin import lanes
from fixtures.worlds import namespace
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.footprints.held_resources import ALL
from infra.inventory import series
from suite import leftovers
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
NODE = "/api/v1/nodes"
CONFIG = "/var/lib/kubelet/kubelet-config.yaml"


def item(name: str, **spec: Any) -> Any:
    return {"metadata": {"name": name}, "spec": spec, "status": {}}


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    state = Path("/nonexistent")
    is_ours = True

    def __init__(self) -> None:
        paths = (*leftovers.CLUSTER_SCOPED, *leftovers.SYSTEM, NODE)
        self.api = FakeApi({path: {"items": []} for path in paths})
        self.machine = FakeShell()
        self.has(f"{CONFIG} 900 17\n")

    def has(self, files: str, *, failed: str = "") -> None:
        """A machine with these files, and units that have failed."""
        self.machine.answers["sh -c"] = f"{files}{leftovers.BETWEEN}\n{failed}"

    def has_means(self, _: str) -> bool:
        return True

    def shell(self, _name: str) -> FakeShell:
        return self.machine


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    no_time_passes(monkeypatch)
    return Live()


def left(live: Live, before: leftovers.Found) -> str:
    with pytest.raises(NotJudged, match="the scenario left something behind") as error:
        lanes.must_be_as_before(cast("Cluster", live), before)
    return str(error.value)


def look(live: Live) -> leftovers.Found:
    return leftovers.look(cast("Cluster", live))


def test_nothing_is_left(live: Live) -> None:
    lanes.must_be_as_before(cast("Cluster", live), look(live))


def test_a_kind_that_is_not_served_is_no_leftover(live: Live) -> None:
    for path in [one for one in live.api.table if "mutating" in one]:
        del live.api.table[path]
    before = look(live)
    lanes.must_be_as_before(cast("Cluster", live), before)
    live.api.table[ROLES] = {"items": [item("mine")]}
    assert f"{ROLES}/mine was left" in left(live, before)


def test_an_object_that_was_left_changed_or_removed(live: Live) -> None:
    live.api.table[ROLES] = {"items": [item("view", rules=1)]}
    before = look(live)
    live.api.table[ROLES] = {"items": [item("view", rules=1), item("mine")]}
    assert f"{ROLES}/mine was left" in left(live, before)
    live.api.table[ROLES] = {"items": [item("view", rules=2)]}
    assert f"{ROLES}/view changed" in left(live, before)
    live.api.table[ROLES] = {"items": []}
    assert f"{ROLES}/view is gone" in left(live, before)


def test_objects_of_other_scenarios_are_theirs(live: Live) -> None:
    before = look(live)
    live.api.table[ROLES] = {"items": [item("claim-0a1b2c3d-reader")]}
    lanes.must_be_as_before(cast("Cluster", live), before)


def test_a_node_with_another_taint_or_capacity(live: Live) -> None:
    node: Any = {**item("worker-0"), "status": {"capacity": {"cpu": "2"}}}
    live.api.table[NODE] = {"items": [node]}
    before = look(live)
    node["spec"]["unschedulable"] = True
    assert "node worker-0: taints changed" in left(live, before)
    node["spec"] = {}
    node["status"]["capacity"]["example.com/dongle"] = "4"
    assert "node worker-0: resource example.com/dongle was left" in left(live, before)


def test_a_label_of_a_node_but_those_of_the_storage_driver(live: Live) -> None:
    node: Any = {**item("worker-0"), "status": {"capacity": {}}}
    live.api.table[NODE] = {"items": [node]}
    before = look(live)
    node["metadata"]["labels"] = {"topology.kubernetes.io/zone": "zone-a"}
    lanes.must_be_as_before(cast("Cluster", live), before)
    node["metadata"]["labels"]["tier"] = "gold"
    assert "node worker-0: label tier was left" in left(live, before)


def test_files_and_units_of_machines(live: Live) -> None:
    before = look(live)
    live.has(f"{CONFIG} 901 18\n{CONFIG}.kept 900 17\n")
    told = left(live, before)
    assert f"worker-0:{CONFIG} changed: 900 17 became 901 18" in told
    assert f"worker-0:{CONFIG}.kept was left" in told
    live.has(f"{CONFIG} 900 17\n", failed="etcd.service loaded failed\n")
    assert "unit etcd.service was left" in left(live, before)


def test_a_machine_without_its_files(live: Live) -> None:
    before = look(live)
    live.has("", failed="etcd.service loaded failed\n")
    told = left(live, before)
    assert f"worker-0:{CONFIG} is gone" in told
    assert "unit etcd.service was left" in told


def test_state_that_a_kubelet_keeps_is_its_own() -> None:
    assert leftovers.own_state("/var/lib/kubelet/cpu_manager_state", "/var/lib/kubelet")
    assert not leftovers.own_state("/var/lib/kubelet/kubelet.pem", "/var/lib/kubelet")
    assert not leftovers.own_state("/usr/local/bin/journalctl", "/var/lib/kubelet")


def test_objects_that_carry_the_namespace(live: Live) -> None:
    namespace.must_be_alone(live.api, "claim-0a1b2c3d")
    live.api.table[ROLES] = {"items": [item("claim-0a1b2c3d-reader")]}
    with pytest.raises(
        NotJudged, match="left something behind; no cluster-scoped object of claim-"
    ):
        namespace.must_be_alone(live.api, "claim-0a1b2c3d")


def test_the_end_of_a_scenario_is_the_beginning_of_the_next_but_not_of_a_later_one(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates: list[str] = []
    monkeypatch.setattr(lanes.gate, "gate", lambda _: gates.append("looked"))
    config: Any = SimpleNamespace(stash=pytest.Stash())
    at = cast("Cluster", live)
    config.stash[lanes.ENDED] = (time.monotonic(), None, {"as it": "ended"})
    assert lanes.beginning(config, at, ALL) == {"as it": "ended"}
    assert not gates
    assert lanes.beginning(config, at, ALL) == look(live)  # the one before ended badly
    config.stash[lanes.ENDED] = (time.monotonic() - lanes.JUST_NOW, None, {"long": "ago"})
    assert lanes.beginning(config, at, ALL) == look(live)
    config.stash[lanes.ENDED] = (time.monotonic(), frozenset({"worker-1"}), {"of": "another"})
    assert lanes.beginning(config, at, ALL) == look(live)
    assert gates == ["looked"] * 3


def test_what_others_hold_is_not_compared(live: Live) -> None:
    """Another scenario changes worker-1 at the same time."""
    nodes: Any = [{**item(f"worker-{n}"), "status": {"capacity": {}}} for n in range(2)]
    live.api.table[NODE] = {"items": nodes}
    at, only = cast("Cluster", live), frozenset({"worker-0"})
    before = leftovers.look(at, only)
    nodes[1]["spec"]["unschedulable"] = True
    lanes.must_be_as_before(at, before, only)
    nodes[0]["spec"]["unschedulable"] = True
    with pytest.raises(NotJudged, match="node worker-0: taints changed"):
        lanes.must_be_as_before(at, before, only)
    live.has(f"{CONFIG} 901 18\n")
    assert "node worker-0: taints" not in leftovers.look(at, frozenset({"worker-1"}))
