"""Volumes of disturbed workers: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from fixtures.worlds.node.out_of_service_taint import TAINT, OutOfService
from infra.errors import WaitTimeout
from suite.workloads.pod_under_test import RunningPod
from tests.steps.storage import volume_disruptions as steps
from tests.unit.fakes import FakeApi, goes_red
from tests.unit.storage_fake import LEFT, storage_of

NODE = "/api/v1/nodes/worker-0"
WRITER = cast("RunningPod", type("Writer", (), {"node": "worker-0"})())


def node(status: str) -> dict[str, Any]:
    return {NODE: {"status": {"conditions": [{"type": "Ready", "status": status}]}}}


def test_a_node_that_stays_ready_or_loses_its_volume_at_once() -> None:
    ebs, _, ec2 = storage_of(node("Unknown"))
    steps.not_ready(ebs, WRITER, LEFT, 90)
    ec2.has(instance="")
    goes_red("EC2 still has it there", steps.not_ready, ebs, WRITER, LEFT, 90)
    ebs, _, _ = storage_of(node("True"))
    with pytest.raises(WaitTimeout, match="worker-0 is no longer ready"):
        steps.not_ready(ebs, WRITER, LEFT, 90)


def test_a_volume_that_stays_with_a_dead_node() -> None:
    ebs, _, ec2 = storage_of()
    with pytest.raises(WaitTimeout, match="detached from a node that is out of service"):
        steps.detached(ebs, 60)
    ec2.has(state="available")
    steps.detached(ebs, 60)


def test_only_its_own_taint_comes_and_goes() -> None:
    other = {"key": "other", "effect": "NoSchedule"}
    api = FakeApi({NODE: {"spec": {"taints": [other]}}})
    made = OutOfService(api)
    made.declare("worker-0")
    assert api.asked[-1][2] == {"spec": {"taints": [other, TAINT]}}
    api.table[NODE] = {"spec": {"taints": [other, TAINT]}}
    made.end()
    assert api.asked[-1][2] == {"spec": {"taints": [other]}}
