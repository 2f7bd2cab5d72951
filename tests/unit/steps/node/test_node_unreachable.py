"""Silent nodes and Pods that fit nowhere: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra import timing, wait
from infra.clients.instrumentation import configz
from infra.cluster import Cluster
from infra.errors import Changed, ClaimError, WaitTimeout
from infra.inventory import series
from suite.node import node_unreachable
from suite.workloads.pods import PodIdentity
from tests.steps.instrumentation import component_configz, peer_settings
from tests.steps.node import node_unreachable as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import (
    POD,
    FakeApi,
    Made,
    evidence,
    goes_red,
    not_judged,
    running_pod,
)  # fmt: skip
from tests.unit.fakes import pod as a_pod

NODES = "/api/v1/nodes"
TAINTS = [
    {"key": node_unreachable.UNREACHABLE, "effect": effect}
    for effect in ("NoSchedule", "NoExecute")
]
TOLERATION = {"key": node_unreachable.UNREACHABLE, "effect": "NoExecute", "tolerationSeconds": 300}


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")

    def __init__(self, api: FakeApi) -> None:
        self.api = api

    def api_servers(self) -> dict[str, FakeApi]:
        return {machine.name: self.api for machine in self.spec.controllers}


def node(ready: str, *taints: Any, since: str = "") -> Any:
    conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": since}]
    return {"spec": {"taints": list(taints)}, "status": {"conditions": conditions}}


@pytest.fixture
def made() -> Made:
    pod, api, shell = running_pod(**{"ls /proc": "1 321\n"})
    api.table |= {f"{NODES}/worker-0": node("True"), f"{NODES}/worker-1": node("True")}
    api.table[POD] = a_pod(spec__tolerations=[TOLERATION])
    return pod, api, shell


def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-0"
IMPATIENT = "/api/v1/namespaces/ns/pods/impatient"


def test_a_node_that_stays_ready_or_is_given_up_too_early(made: Made) -> None:
    pod, api, _ = made
    step, place = steps.becomes_unknown, f"{NODES}/worker-0"
    api.table[LEASE] = {"spec": {"renewTime": "2026-11-28T20:00:00.400000Z"}}
    with pytest.raises(WaitTimeout, match="worker-0 is Unknown and tainted as unreachable"):
        step(live(api), pod, evidence(), 50, 90)
    api.table[place] = node("Unknown", TAINTS[0])
    with pytest.raises(WaitTimeout, match="Unknown and tainted"):
        step(live(api), pod, evidence(), 50, 90)
    api.table[place] = node("Unknown", *TAINTS, since="2026-11-28T20:00:43Z")
    goes_red(
        "worker-0 was Unknown 43 s after a heartbeat, not 50",
        step, live(api), pod, evidence(), 50, 90,
    )  # fmt: skip
    api.table[place] = node("Unknown", *TAINTS, since="2026-11-28T20:00:53Z")
    step(live(api), pod, evidence(), 50, 90)


def test_an_impatient_pod_that_stays_or_goes_too_early(made: Made) -> None:
    pod, api, _ = made
    added = {**TAINTS[1], "timeAdded": "2026-11-28T20:01:00Z"}
    api.table |= {f"{NODES}/worker-0": node("Unknown", added), IMPATIENT: a_pod()}
    with pytest.raises(WaitTimeout, match="impatient on the silent worker-0 is deleted: not"):
        steps.impatient_evicted(pod, evidence(), 10, 30)
    deleted = {"metadata__deletionGracePeriodSeconds": 1}
    api.table[IMPATIENT] = a_pod(metadata__deletionTimestamp="2026-11-28T20:01:02Z", **deleted)
    goes_red(
        "impatient was evicted 1 s after the taint already",
        steps.impatient_evicted, pod, evidence(), 10, 30,
    )  # fmt: skip
    api.table[IMPATIENT] = a_pod(metadata__deletionTimestamp="2026-11-28T20:01:11Z", **deleted)
    steps.impatient_evicted(pod, evidence(), 10, 30)
    api.table[f"{NODES}/worker-0"] = node("True")
    not_judged("worker-0 has no taint", steps.impatient_evicted, pod, evidence(), 10, 30)


def manager(grace: str = "50s", *controllers: str) -> Any:
    lifecycle = {"NodeMonitorGracePeriod": grace}
    return {"Generic": {"Controllers": ["*", *controllers]}, "NodeLifecycleController": lifecycle}


def test_managers_that_give_up_early_or_do_not_evict(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {f"controller-{number}": manager() for number in range(3)}
    grace = "kube-controller-manager has a node monitor grace period"
    monkeypatch.setattr(configz, "of_each", lambda *_: good)
    peer_settings.has_period(cluster(), grace, 50)
    steps.each_evicts(good)
    early = {**good, "controller-1": manager("40s")}
    monkeypatch.setattr(configz, "of_each", lambda *_: early)
    says = "grace period of 50 s; instead: that of controller-1 has 40 s"
    goes_red(says, peer_settings.has_period, cluster(), grace, 50)
    table = [["setting", "value"], ["NodeLifecycleController.NodeEvictionRate", "0.1"]]
    for one in good.values():
        one["NodeLifecycleController"]["NodeEvictionRate"] = 0.1
    component_configz.set_to(good, "controller manager", table)
    never = {**good, "controller-2": {"NodeLifecycleController": {"NodeEvictionRate": 0}}}
    goes_red(
        "controller-2: NodeLifecycleController.NodeEvictionRate is 0, must be 0.1",
        component_configz.set_to, never, "controller manager", table,
    )  # fmt: skip
    none = {**good, "controller-2": manager("50s", "-taint-eviction-controller")}
    goes_red(
        "taint-eviction-controller; instead: that of controller-2 does not", steps.each_evicts, none
    )


def test_an_api_server_that_gives_other_tolerations(made: Made) -> None:
    _, api, _ = made
    path = "POST /api/v1/namespaces/ns/pods"
    api.table[path] = a_pod(spec__tolerations=[TOLERATION])
    steps.patient_by_default(live(api), "ns", 300)
    api.table[path] = a_pod()
    goes_red(
        "tolerate silence for 300 s; instead: controller-0 gives it 0 s",
        steps.patient_by_default,
        live(api),
        "ns",
        300,
    )


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
    api.table[POD] = a_pod(spec__tolerations=[TOLERATION], metadata__uid="another")
    with pytest.raises((Changed, ClaimError), match="the Pod is another"):
        steps.pod_stays(live(api), pod, 60)
    api.table[POD] = a_pod()
    goes_red("should tolerate it for 300 s", steps.pod_stays, live(api), pod, 60)


def test_a_node_that_keeps_its_taint_or_restarts_a_container(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod, api, _ = made
    one = PodIdentity("u", "worker-0", "10.200.0.9", {"c": ("containerd://1", "t", 0)})
    other = PodIdentity("u", "worker-0", "10.200.0.9", {"c": ("containerd://2", "t", 1)})
    monkeypatch.setattr(steps, "identities_on", lambda *_: {"ns/rz": one})
    before = {"ns/rz": one, "ns/impatient": one}
    steps.back_as_it_was(live(api), pod, before, 90)
    monkeypatch.setattr(steps, "identities_on", lambda *_: {"ns/rz": other})
    goes_red(
        "worker-0 goes on with its containers; instead: ns/rz: .*became .*containerd://2",
        steps.back_as_it_was,
        live(api),
        pod,
        before,
        90,
    )
    del api.table[f"{NODES}/worker-0"]
    with pytest.raises(WaitTimeout, match=r"worker-0 is ready and has no taint: .*gone"):
        steps.back_as_it_was(live(api), pod, before, 90)
    api.table[f"{NODES}/worker-0"] = node("True", TAINTS[0])
    with pytest.raises(WaitTimeout, match="worker-0 is ready and has no taint"):
        steps.back_as_it_was(live(api), pod, before, 90)


def test_a_slow_machine_does_not_outlast_the_toleration(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod, api, _ = made
    waited: list[wait.Waited] = []
    monkeypatch.setattr(wait, "listeners", [waited.append])
    with timing.scale(4.2):
        steps.pod_stays(live(api), pod, 60)
    assert [one.bound for one in waited] == [60]


def test_a_node_that_somebody_adds(made: Made) -> None:
    _, api, _ = made
    names = ["worker-0", "worker-1"]
    api.table[NODES] = {"items": [{"metadata": {"name": name}} for name in names]}
    steps.nobody_adds(live(api), 15)
    api.table[NODES]["items"].append({"metadata": {"name": "worker-2"}})
    with pytest.raises(Changed, match="no node is added"):
        steps.nobody_adds(live(api), 15)
