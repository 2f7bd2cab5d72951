"""Silent nodes and Pods that fit nowhere: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients import silence
from infra.cluster import Cluster
from infra.errors import Changed, ClaimError, WaitTimeout
from infra.inventory import series
from tests.steps import silent_nodes as steps
from tests.steps.silent_nodes import Homeless
from tests.unit.fakes import (
    POD,
    FakeApi,
    Made,
    evidence,
    goes_red,
    no_time_passes,
    running_pod,
    workloads_of,
)  # fmt: skip
from tests.unit.fakes import pod as a_pod

NODES = "/api/v1/nodes"
PENDING = "/api/v1/namespaces/ns/pods/nowhere"
EVENTS = "/api/v1/namespaces/ns/events"
TAINTS = [{"key": silence.UNREACHABLE, "effect": effect} for effect in ("NoSchedule", "NoExecute")]
TOLERATION = {"key": silence.UNREACHABLE, "effect": "NoExecute", "tolerationSeconds": 300}
HOMELESS = Homeless("worker-0", "u")


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")

    def __init__(self, api: FakeApi) -> None:
        self.api = api


def node(ready: str, *taints: Any) -> Any:
    conditions = [{"type": "Ready", "status": ready}]
    return {"spec": {"taints": list(taints)}, "status": {"conditions": conditions}}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    no_time_passes(monkeypatch)
    pod, api, shell = running_pod(**{"ls /proc": "1 321\n"})
    api.table |= {f"{NODES}/worker-0": node("True"), f"{NODES}/worker-1": node("True")}
    api.table[POD] = a_pod(spec__tolerations=[TOLERATION])
    return pod, api, shell


def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


def test_a_node_that_stays_ready_or_is_given_up_too_early(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod, api, _ = made
    with pytest.raises(WaitTimeout, match="worker-0 is Unknown and tainted as unreachable"):
        steps.becomes_unknown(live(api), pod, evidence(), 40, 90)
    api.table[f"{NODES}/worker-0"] = node("Unknown", TAINTS[0])
    with pytest.raises(WaitTimeout, match="Unknown and tainted"):
        steps.becomes_unknown(live(api), pod, evidence(), 40, 90)
    api.table[f"{NODES}/worker-0"] = node("Unknown", *TAINTS)
    goes_red("Unknown after 0 s already", steps.becomes_unknown, live(api), pod, evidence(), 40, 90)
    clock = iter([0.0, 55.0])
    monkeypatch.setattr(steps.time, "monotonic", lambda: next(clock))
    steps.becomes_unknown(live(api), pod, evidence(), 40, 90)


def test_a_pod_that_is_disturbed(made: Made) -> None:
    pod, api, shell = made
    steps.pod_stays(live(api), pod, 60)
    shell.answers["ls /proc"] = "1\n"
    with pytest.raises((Changed, ClaimError), match="processes of it have ended"):
        steps.pod_stays(live(api), pod, 60)
    shell.answers["ls /proc"] = "1 321\n"
    api.table[f"{NODES}/worker-1"] = node("False")
    with pytest.raises((Changed, ClaimError), match="node worker-1 is False"):
        steps.pod_stays(live(api), pod, 60)
    api.table[f"{NODES}/worker-1"] = node("True")
    gone = a_pod(spec__tolerations=[TOLERATION], metadata__deletionTimestamp="now")
    api.table[POD] = gone
    with pytest.raises((Changed, ClaimError), match="the Pod is deleted"):
        steps.pod_stays(live(api), pod, 60)
    api.table[POD] = a_pod()
    goes_red("should tolerate it for 300 s", steps.pod_stays, live(api), pod, 60)


def test_a_node_that_keeps_its_taint(made: Made) -> None:
    pod, api, _ = made
    steps.back_without_taint(live(api), pod, 90)
    api.table[f"{NODES}/worker-0"] = node("True", TAINTS[0])
    with pytest.raises(WaitTimeout, match="worker-0 is ready and has no taint"):
        steps.back_without_taint(live(api), pod, 90)


def pending(reason: str = "Unschedulable", **more: Any) -> Any:
    told = {"type": "PodScheduled", "status": "False", "reason": reason}
    return {
        "metadata": {"uid": more.get("uid", "u")},
        "spec": {"nodeName": more.get("node", "")},
        "status": {"phase": more.get("phase", "Pending"), "conditions": [told]},
    }


def test_a_pod_that_says_nothing_or_is_another_one(made: Made) -> None:
    _, api, _ = made
    work = workloads_of(api)
    api.table |= {PENDING: pending(), EVENTS: {"items": []}}
    with pytest.raises(WaitTimeout, match="is Unschedulable and has an event FailedScheduling"):
        steps.fits_nowhere(work, HOMELESS, 30, "Unschedulable", "FailedScheduling")
    api.table[EVENTS] = {"items": [{"reason": "FailedScheduling"}]}
    steps.fits_nowhere(work, HOMELESS, 30, "Unschedulable", "FailedScheduling")
    with pytest.raises(WaitTimeout, match="the same Pod runs on worker-0"):
        steps.same_pod_runs(work, HOMELESS, 30)
    api.table[PENDING] = pending(uid="v", node="worker-0", phase="Running")
    with pytest.raises(WaitTimeout, match="the same Pod runs"):
        steps.same_pod_runs(work, HOMELESS, 30)
    api.table[PENDING] = pending(node="worker-0", phase="Running")
    steps.same_pod_runs(work, HOMELESS, 30)


def test_a_node_that_somebody_adds(made: Made) -> None:
    _, api, _ = made
    names = ["worker-0", "worker-1"]
    api.table[NODES] = {"items": [{"metadata": {"name": name}} for name in names]}
    steps.nobody_adds(live(api), 15)
    api.table[NODES]["items"].append({"metadata": {"name": "worker-2"}})
    with pytest.raises(Changed, match="no node is added"):
        steps.nobody_adds(live(api), 15)
