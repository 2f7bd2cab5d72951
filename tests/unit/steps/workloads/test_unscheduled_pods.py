"""Pods that wait for a node: every Then-step goes red, as one understands."""

from typing import Any

import pytest

from infra.errors import Changed, WaitTimeout
from tests.steps.workloads import unscheduled_pods as steps
from tests.steps.workloads.unscheduled_pods import Unscheduled
from tests.unit.fakes import FakeApi, goes_red, pod, workloads_of

WAITING = "/api/v1/namespaces/ns/pods/waiting"
EVENTS = "/api/v1/namespaces/ns/events"
ONE_WORKER = Unscheduled("u", "worker-0")
ANY_WORKER = Unscheduled("u")


def waiting(*conditions: Any, uid: str = "u", node: str = "", phase: str = "Pending") -> Any:
    return pod(
        metadata__uid=uid,
        spec__nodeName=node,
        status__phase=phase,
        status__conditions=list(conditions),
    )


def scheduled(status: str, **more: str) -> Any:
    return {"type": "PodScheduled", "status": status, **more}


READY = {"type": "Ready", "status": "True"}


def test_a_pod_that_a_scheduler_has_looked_at() -> None:
    api = FakeApi({WAITING: waiting()})
    steps.not_handled(workloads_of(api), 15)
    api.table[WAITING] = waiting(scheduled("False"))
    goes_red("PodScheduled=False", steps.not_handled, workloads_of(api), 15)


def test_a_pod_that_reports_nothing() -> None:
    api = FakeApi({WAITING: waiting(scheduled("False", reason="Unschedulable"))})
    step, work = steps.is_unschedulable, workloads_of(api)
    api.table[EVENTS] = {"items": []}
    with pytest.raises(WaitTimeout, match="is Unschedulable and has an event FailedScheduling"):
        step(work, ONE_WORKER, 30, "Unschedulable", "FailedScheduling")
    api.table[EVENTS] = {"items": [{"reason": "FailedScheduling"}]}
    step(work, ONE_WORKER, 30, "Unschedulable", "FailedScheduling")


def test_a_pod_that_finds_room_or_lacks_something_else() -> None:
    api = FakeApi({WAITING: waiting()})
    goes_red("the scheduler says", steps.lacks_cpu, workloads_of(api), 15)
    lacking = scheduled("False", message="1 Insufficient cpu")
    api.table[WAITING] = waiting(lacking)
    steps.lacks_cpu(workloads_of(api), 15)
    api.table[WAITING] = waiting(lacking, node="worker-0")
    with pytest.raises(Changed, match="stays unscheduled: did not"):
        steps.lacks_cpu(workloads_of(api), 15)


@pytest.mark.parametrize(
    "other",
    [
        None,
        waiting(READY, uid="v", node="worker-0", phase="Running"),
        waiting(READY, node="worker-1", phase="Running"),
        waiting(node="worker-0", phase="Running"),
    ],
)
def test_a_pod_that_does_not_run_or_is_another_one(other: Any) -> None:
    api = FakeApi({WAITING: other})
    with pytest.raises(WaitTimeout, match="the same Pod runs on worker-0"):
        steps.runs(workloads_of(api), ONE_WORKER, 30)


def test_a_pod_that_runs_on_its_worker_or_on_any() -> None:
    api = FakeApi({WAITING: waiting(READY, node="worker-0", phase="Running")})
    steps.runs(workloads_of(api), ONE_WORKER, 30)
    steps.runs(workloads_of(api), ANY_WORKER, 60)
