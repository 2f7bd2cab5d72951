"""Resizes that can never be done: each Then-step goes red with a message that one understands."""

from typing import Any, cast

import pytest

from infra.errors import WaitTimeout
from tests.steps.workloads import infeasible_resizes as steps
from tests.steps.workloads import pod_resize
from tests.unit.fakes import (
    POD,
    FakeCluster,
    Made,
    evidence,
    goes_red,
    pending,
    pod,
    running_pod,
)


@pytest.fixture
def made() -> Made:
    return running_pod()


def test_a_resize_that_is_deferred_or_infeasible_for_another_reason(made: Made) -> None:
    subject, api, _ = made
    words = "Node didn't have enough capacity: cpu, requested: 640000, capacity: 2000"
    (condition,) = pending("Infeasible")
    api.table[POD] = pod(status__conditions=[{**condition, "message": words}])
    steps.is_infeasible(subject, 30, "capacity", evidence())
    goes_red(
        "the condition of rz should name swap; it says .*enough capacity",
        steps.is_infeasible, subject, 30, "swap", evidence(),
    )  # fmt: skip
    api.table[POD] = pod(status__conditions=pending())
    with pytest.raises(WaitTimeout, match="the resize of rz is Infeasible: not within 30 s"):
        steps.is_infeasible(subject, 30, "capacity", evidence())


def test_a_limit_of_an_init_container_that_is_taken(made: Made) -> None:
    subject, api, _ = made
    subject.first.pod["spec"]["initContainers"] = [{"name": "i"}]
    api.table[f"PATCH {POD}/resize"] = (200, {})
    said = steps.ask_for_limit(cast("Any", FakeCluster(api)), subject, "cpu", "200m", "i")
    asked = [body for method, path, body in api.asked if path == f"{POD}/resize"]
    limits = {"requests": {}, "limits": {"cpu": "200m"}}
    wanted = {"limits": limits["limits"]}
    assert asked[-1] == {"spec": {"initContainers": [{"name": "i", "resources": wanted}]}}
    goes_red(
        "should refuse this with 422, naming 'immutable'; it said 200: accepted",
        pod_resize.refused, said, 422, "immutable", evidence(),
    )  # fmt: skip
