"""Limits of volumes: every Then-step goes red, as one understands."""

from dataclasses import replace
from typing import Any, cast

import pytest

from fixtures.worlds.storage.ebs_volumes import CREATED_FOR, Ebs
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.phases import ebs_csi
from suite.storage import ebs_csi_driver
from suite.workloads.pod_under_test import RunningPod
from tests.steps.storage import volume_limits as steps
from tests.unit.fakes import FakeApi, goes_red, not_judged, pod
from tests.unit.storage_fake import CLAIM, NAMED, VOLUME, storage_of

SECOND = "/api/v1/namespaces/ns/pods/second"
WRITER = cast("RunningPod", type("Writer", (), {"node": "worker-0"})())


def refused(status: str, message: str) -> dict[str, Any]:
    found = [{"type": "PodScheduled", "status": status, "message": message}]
    return {SECOND: pod(status__conditions=found)}


def test_a_pod_that_is_scheduled_or_held_for_another_reason() -> None:
    full = "0/2 nodes are available: 1 node(s) exceed max volume count, 1 other"
    steps.not_scheduled(storage_of(refused("False", full))[0], 60)
    for status, message in (("True", ""), ("False", "0/2 nodes are available: 2 taints")):
        with pytest.raises(WaitTimeout, match="refused for the number of volumes"):
            steps.not_scheduled(storage_of(refused(status, message))[0], 60)


def test_a_third_volume_on_the_full_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {CREATED_FOR: "ns", NAMED: "third"}

    def at(node: str, state: str) -> Ebs:
        ebs, api, ec2 = storage_of({f"POST {CLAIM.rpartition('/')[0]}": {}})
        api.table["/apis/storage.k8s.io/v1/storageclasses"] = {}
        api.table[CLAIM.replace("/claim", "/third")] = {"spec": {"volumeName": "pv-1"}}
        ec2.known["vol-1"] = replace(VOLUME, state=state, tags=tags)
        there = type("Writer", (), {"node": node})()
        monkeypatch.setattr(Ebs, "take", lambda *_: there)
        return ebs

    steps.on_the_other(at("worker-1", "in-use"), WRITER)
    goes_red("elsewhere than on worker-0", steps.on_the_other, at("worker-0", "in-use"), WRITER)
    goes_red("elsewhere than on worker-0", steps.on_the_other, at("worker-1", "available"), WRITER)
    tags.clear()
    not_judged(
        "by the tags of the claim third", steps.on_the_other, at("worker-1", "in-use"), WRITER
    )


def test_limits_are_read_and_set_in_one_container() -> None:
    told = {"spec": {"drivers": [{"name": "ebs.csi.aws.com", "allocatable": {"count": 1}}]}}
    path = "/apis/storage.k8s.io/v1/csinodes/worker-"
    spec = series("test", kubernetes="v1.36.1", platform="local")
    api = FakeApi({f"{path}0": told, f"{path}1": {"spec": {"drivers": None}}})
    cluster = cast("Cluster", type("C", (), {"spec": spec, "api": api})())
    assert ebs_csi_driver.limits(cluster) == {"worker-0": 1, "worker-1": 0}
    containers = [{"name": "ebs-plugin", "args": ["node"]}, {"name": "liveness-probe", "args": []}]
    daemons = {"spec": {"template": {"spec": {"containers": containers}}}}
    limited = ebs_csi.with_limit(daemons, 1)["spec"]["template"]["spec"]["containers"]
    assert [one["args"] for one in limited] == [["node", "--volume-attach-limit=1"], []]
    assert containers[0]["args"] == ["node"]
