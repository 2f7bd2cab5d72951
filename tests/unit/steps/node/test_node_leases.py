"""Every Then about Leases as signs of life goes red, and says why."""

from dataclasses import replace
from typing import Any

import pytest

from infra.clients.controlplane.leases import Change, Lease
from infra.clients.node import node_leases as beat_client
from infra.clients.node.node_leases import Heartbeats, Status
from tests.steps.instrumentation import peer_settings
from tests.steps.node import node_leases
from tests.unit.elections_fake import START, FakeWatch, cluster
from tests.unit.fakes import FakeApi, not_judged, red

WORKER = Lease("worker-0", "worker-0", 0, 40, None, START, owner_uids=("u-0",))
CONTROLLER, NODES = node_leases.HAS
NODE = {"metadata": {"name": "worker-0", "uid": "u-0"}}


def beats(*changes: Change, lease: Lease = WORKER, status: str = "10:00") -> Heartbeats:
    ready = {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": status}]}
    api = FakeApi({"/api/v1/nodes": {"items": [{**NODE, "status": ready}]}})
    return Heartbeats(api, {lease.name: lease}, {lease.name: FakeWatch(*changes)})


def test_a_controller_without_an_identity_lease() -> None:
    one = replace(WORKER, duration=40)
    strange = replace(beats(), start={"controller-0": one, "stranger": one})
    for says in ("controller-1 has no", "names stranger", "controller-0 lasts 40 s"):
        red(node_leases.one_each, cluster(), strange, CONTROLLER, 3600.0, says=says)


@pytest.mark.parametrize(
    ("lease", "says"),
    [
        (replace(WORKER, name="worker-9"), "belongs to no node"),
        (replace(WORKER, holder="worker-1"), "held by 'worker-1'"),
        (replace(WORKER, duration=15), "lasts 15 s"),
        (replace(WORKER, owner_uids=("u-1",)), "not by its Node"),
    ],
)
def test_a_node_lease_that_is_wrong(lease: Lease, says: str) -> None:
    red(node_leases.one_each, cluster(), beats(lease=lease), NODES, 40.0, says=says)


def test_a_heartbeat_that_stops() -> None:
    red(node_leases.each_is_renewed, beats(Change(1, WORKER)), 30.0, 15.0, says="did not stay")
    silent = beats(Change(29, WORKER))
    red(node_leases.each_is_renewed, silent, 30.0, 15.0, says="not renewed once in 30 s: worker-0")


def test_a_node_that_sends_its_status_again_and_again() -> None:
    not_judged("nodes were not read", node_leases.status_is_rare, beats())
    same = [Status(f"10:0{minute}", "as ever") for minute in range(3)]
    red(
        node_leases.status_is_rare,
        replace(beats(), reported={"worker-0": same}),
        says="{'worker-0': 2}",
    )
    news = [Status(f"10:0{minute}", f"volume {minute}") for minute in range(3)]
    node_leases.status_is_rare(replace(beats(), reported={"worker-0": news}))


def test_a_kubelet_that_is_set_to_report_often() -> None:
    table = {f"/api/v1/nodes/worker-{n}/proxy/configz": reporting("5m0s") for n in range(2)}
    often = "kubelet has a status report frequency"
    peer_settings.has_period(cluster(api=FakeApi(table)), often, 300)
    table["/api/v1/nodes/worker-1/proxy/configz"] = reporting("30s")
    says = "of 300 s; instead: that of worker-1 has 30 s"
    red(peer_settings.has_period, cluster(api=FakeApi(table)), often, 300, says=says)


def reporting(every: str) -> Any:
    return {"kubeletconfig": {"nodeStatusReportFrequency": every}}


def test_beats_know_when_nodes_reported() -> None:
    seen = beats(Change(29, WORKER))
    seen.look()
    seen.look()
    assert [one.sent for one in seen.reported["worker-0"]] == ["10:00"]
    assert "10:00" not in seen.reported["worker-0"][0].told
    assert beat_client.nodes(seen.api).keys() == {"worker-0"}
