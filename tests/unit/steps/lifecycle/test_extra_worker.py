"""Nodes that come and go: every Then-step goes red, as one understands."""

from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.worlds.lifecycle import extra_worker
from infra.clients.lifecycle.node_membership import Member
from infra.cluster import Cluster
from infra.errors import Changed, WaitTimeout
from infra.inventory import series, with_another_worker
from infra.lifecycle import extra_worker as joining
from infra.settings import Settings
from tests.steps.lifecycle import extra_worker as steps
from tests.steps.lifecycle.extra_worker import Deleted, Joined
from tests.unit.fakes import (
    FakeApi,
    cluster_of,
    evidence,
    goes_red,
    workloads_of,
)  # fmt: skip

SPEC = with_another_worker(series("series", kubernetes="v1.36.1", platform="local"))
NODE = "/api/v1/nodes/worker-2"
PODS = "/api/v1/pods"
DAEMONS = "/api/v1/namespaces/ns/pods"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-2"
OTHERS = {"worker-0": Member("u0", "True")}


def node(ready: str = "True", uid: str = "u2") -> Any:
    conditions = [{"type": "Ready", "status": ready}]
    return {"metadata": {"name": "worker-2", "uid": uid}, "status": {"conditions": conditions}}


def daemon(address: str, namespace: str = "ns") -> Any:
    return {
        "metadata": {"namespace": namespace, "name": "daemon-x", "uid": f"d-{namespace}"},
        "spec": {"nodeName": "worker-2"},
        "status": {"podIP": address, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def joined_of(table: dict[str, Any]) -> tuple[Joined, Cluster, FakeApi]:
    api = FakeApi(table)
    cluster = cluster_of(api)
    return Joined(cluster, SPEC.workers[-1], OTHERS), cluster, api


def test_a_machine_that_does_not_become_a_node_of_its_own_range() -> None:
    joined, _, api = joined_of({DAEMONS: {"items": []}})
    work = workloads_of(api)
    with pytest.raises(WaitTimeout, match="worker-2 is a Ready node"):
        steps.runs_daemon(joined, work, evidence(), 90)
    api.table[NODE] = node()
    not_yet_bound = daemon("")
    del not_yet_bound["spec"]["nodeName"]
    not_yet_bound["status"] = {}
    api.table[DAEMONS] = {"items": [not_yet_bound]}
    with pytest.raises(WaitTimeout, match="a Pod of the DaemonSet runs on worker-2"):
        steps.runs_daemon(joined, work, evidence(), 90)
    api.table[DAEMONS] = {"items": [daemon("10.200.1.7")]}
    goes_red(
        "10.200.1.7 should be in worker-2's range 10.200.2.0/24",
        steps.runs_daemon,
        joined,
        work,
        evidence(),
        90,
    )
    api.table[DAEMONS] = {"items": [daemon("10.200.2.7")]}
    steps.runs_daemon(joined, work, evidence(), 90)


def test_pods_that_do_not_reach_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    joined, _, _ = joined_of({})

    def unreached(_: object) -> None:
        raise WaitTimeout("Pods on every worker reach DNS: worker-2 does not reach dns")

    monkeypatch.setattr(steps.pod_connectivity, "across_workers", unreached)
    with pytest.raises(WaitTimeout, match="worker-2 does not reach dns"):
        steps.pods_reach(joined)


def test_a_node_that_stays_ready_or_goes_by_itself() -> None:
    of_others = daemon("10.200.2.6", "kube-system")
    table = {NODE: node(), PODS: {"items": [daemon("10.200.2.7"), of_others]}, LEASE: {}}
    joined, _, api = joined_of(table)
    work = workloads_of(api)
    with pytest.raises(WaitTimeout, match="the Node of worker-2 is not Ready"):
        steps.stays_unready(joined, work, 90, 60)
    api.table[NODE] = node("Unknown")
    steps.stays_unready(joined, work, 90, 60)
    api.table[PODS] = {"items": [of_others]}
    with pytest.raises(WaitTimeout, match=r"last seen: \('Unknown', \['Lease worker-2'\]\)"):
        steps.stays_unready(joined, work, 90, 60)
    del api.table[NODE]
    with pytest.raises(WaitTimeout, match="no Node"):
        steps.stays_unready(joined, work, 90, 60)


def test_what_a_deleted_node_leaves() -> None:
    first = {"metadata": {"name": "worker-0", "uid": "u0"}, "status": node()["status"]}
    table = {PODS: {"items": []}, LEASE: {}, "/api/v1/nodes": {"items": [first]}}
    joined, cluster, api = joined_of(table)
    with pytest.raises(WaitTimeout, match="Lease worker-2"):
        steps.nothing_left(cluster, joined, 120)
    del api.table[LEASE]
    steps.nothing_left(cluster, joined, 120)
    first["status"] = node("Unknown")["status"]
    goes_red("the other nodes should be", steps.nothing_left, cluster, joined, 120)


def test_a_kubelet_that_registers_again_or_did_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    joined, cluster, api = joined_of({})
    lines = ["Error updating node status: nodes worker-2 not found"]
    monkeypatch.setattr(type(cluster), "shell", lambda *_: None, raising=False)
    up = type("Unit", (), {"state": "active"})()
    monkeypatch.setattr(steps.systemd, "show", lambda *_: up)
    monkeypatch.setattr(steps.journal, "messages", lambda *_: lines)
    gone = Deleted(Member("u2", "True"))
    steps.not_registered(cluster, joined, gone, 30)
    api.table[NODE] = node()
    with pytest.raises(Changed, match="worker-2 has no Node while its kubelet runs"):
        steps.not_registered(cluster, joined, gone, 30)
    goes_red("should be another Node; its UID is u2", steps.ready_again, joined, gone, 90)
    api.table[NODE] = node(uid="u3")
    steps.ready_again(joined, gone, 90)
    del api.table[NODE]
    lines[0] = "all is well"
    goes_red(
        "should say that worker-2 is not found", steps.not_registered, cluster, joined, gone, 30
    )


def test_a_killed_run_s_worker_is_taken_out_and_a_cluster_without_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    settings = Settings(cluster_id="c", state_root=tmp_path)
    _, faked, api = joined_of({"DELETE /api/v1/nodes/worker-2": {}})
    cluster = Cluster(
        series("c", kubernetes="v1.36.1", platform="local"), tmp_path, cast("Any", None)
    )
    monkeypatch.setattr(Cluster, "api", property(lambda _: faked.api))
    site = type("Site", (), {"client": lambda *_: None})()
    monkeypatch.setattr(joining.platforms, "site", lambda _: site)
    monkeypatch.setattr(
        joining.ec2, "withdraw", lambda _client, _spec, machine, **_: asked.append(machine.name)
    )
    extra_worker.remove_left(cluster, settings)
    assert asked == []
    mark = settings.state / "newcomer"
    mark.parent.mkdir(parents=True)
    mark.touch()
    extra_worker.remove_left(cluster, settings)
    assert asked == ["worker-2"]
    assert ("DELETE", NODE, None) in api.asked
    assert not mark.exists()
