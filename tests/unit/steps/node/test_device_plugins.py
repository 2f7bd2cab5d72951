"""Devices and their plugin: every Then-step goes red, as one understands."""

import json
from typing import Any, cast

import pytest

from infra.cluster import Cluster
from infra.errors import NotJudged, WaitTimeout
from infra.inventory import series
from suite.node import device_plugins
from suite.node.device_plugins import DevicePlugin
from suite.workloads.pod_under_test import RunningPod
from tests.steps.node import device_plugins as steps
from tests.steps.node.device_plugins import Users
from tests.unit.fakes import (
    POD,
    FakeApi,
    FakeShell,
    Made,
    evidence,
    goes_red,
    not_judged,
    running_pod,
    workloads_of,
)
from tests.unit.fakes import pod as a_pod

NAME = "claim-0a1b2c3d"
RESOURCE = f"example.com/{NAME}"
NODES = "/api/v1/nodes"
CALLS: list[dict[str, Any]] = [
    {"number": 1, "method": "listens"},
    {"number": 2, "method": "registered"},
    {"number": 3, "method": "GetDevicePluginOptions"},
    {"number": 4, "method": "ListAndWatch"},
    {"number": 5, "method": "Allocate", "ids": [f"{NAME}-0"], "nonce": "beef"},
]
TOUCH = "touch /proc/321/root%s"
PENDING = "/api/v1/namespaces/ns/pods/another"


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")

    def __init__(self, api: FakeApi, shell: FakeShell) -> None:
        self.api = api
        self._shell = shell

    def shell(self, _name: str) -> FakeShell:
        return self._shell


@pytest.fixture
def made() -> Made:
    pod, api, shell = running_pod()
    own = {"cat /var/lib/claim": log(CALLS), **container("beef", NAME, "1:3")}
    own["rm"] = ""
    shell.answers = {**own, **shell.answers}  # the first that fits answers
    api.table[NODES] = nodes("3", "3")
    return pod, api, shell


def log(calls: list[Any]) -> str:
    return "".join(f"{json.dumps(call)}\n" for call in calls)


def container(nonce: str, marker: str, device: str) -> dict[str, str]:
    return {
        "cat /proc/321/environ": f"PATH=/bin\0DEVICE_NONCE={nonce}\0" if nonce else "PATH=/bin\0",
        "cat /proc/321/root/device/marker": f"{marker}\n",
        "stat": f"{device}\n",
    }


def nodes(capacity: str = "", allocatable: str = "") -> Any:
    has = {"capacity": {"cpu": "2"}, "allocatable": {"cpu": "2"}}
    if capacity:
        has = {"capacity": {RESOURCE: capacity}, "allocatable": {RESOURCE: allocatable}}
    return {"items": [
        {"metadata": {"name": "worker-0"}, "status": has},
        {"metadata": {"name": "worker-1"}, "status": {"capacity": {}, "allocatable": {}}},
    ]}  # fmt: skip


def plugin(shell: FakeShell) -> DevicePlugin:
    return DevicePlugin(shell, NAME, 3)


def users(made: Made) -> Users:
    pod, _, shell = made
    return Users(plugin(shell), [pod])


def live(made: Made) -> Cluster:
    return cast("Cluster", Live(made[1], made[2]))


def test_counts_of_nodes(made: Made) -> None:
    _, api, shell = made
    steps.node_has(live(made), plugin(shell), 30, 3, 3)
    with pytest.raises(WaitTimeout, match=f"worker-0 alone has 3 of {RESOURCE}, 2 to give"):
        steps.node_has(live(made), plugin(shell), 30, 3, 2)
    goes_red("no node has a device; instead: .*worker-0: example.com", steps.no_devices, live(made))
    api.table[NODES] = nodes()
    steps.no_devices(live(made))


def test_calls_out_of_order(made: Made) -> None:
    _, _, shell = made
    steps.asked_in_order(plugin(shell), users(made), evidence())
    early = [
        CALLS[0],
        {**CALLS[4], "number": 2},
        *({**c, "number": c["number"] + 1} for c in CALLS[1:4]),
    ]
    shell.answers["cat /var/lib/claim"] = log(early)
    goes_red("the calls came as", steps.asked_in_order, plugin(shell), users(made), evidence())
    shell.answers["cat /var/lib/claim"] = log(CALLS[:4])
    goes_red(
        "Allocate is not in the log", steps.asked_in_order, plugin(shell), users(made), evidence()
    )
    shell.answers["cat /var/lib/claim"] = log([*CALLS, {**CALLS[4], "number": 6}])
    goes_red(
        "one call for one device", steps.asked_in_order, plugin(shell), users(made), evidence()
    )


def test_what_a_container_has(made: Made) -> None:
    pod, _, shell = made
    shell.answers[TOUCH % "/root"] = ""
    steps.has_what_was_given(plugin(shell), users(made), evidence())
    shell.answers[TOUCH % "/device"] = ""
    goes_red(
        "mounted to be read only; instead: rz on worker-0 wrote",
        steps.has_what_was_given, plugin(shell), users(made), evidence(),
    )  # fmt: skip
    del shell.answers[TOUCH % "/device"], shell.answers[TOUCH % "/root"]
    not_judged(
        "rz should write into its own /root",
        steps.has_what_was_given, plugin(shell), users(made), evidence(),
    )  # fmt: skip
    goes_red("should have nothing of the plugin", steps.has_nothing, pod)
    shell.answers |= container("", "", "")
    steps.has_nothing(pod)
    goes_red(
        "should have nonce beef", steps.has_what_was_given, plugin(shell), users(made), evidence()
    )
    goes_red("has nonce '', which no allocation gave", users(made).of, pod)


def test_what_monitors_are_told(made: Made) -> None:
    _, _, shell = made
    held = {"pod": "rz", "container": "c", "resource": RESOURCE, "ids": [f"{NAME}-0"]}
    shell.answers[f"/var/lib/{NAME}/helper pod-resources"] = json.dumps([held])
    steps.told_to_monitors(plugin(shell), users(made))
    shell.answers[f"/var/lib/{NAME}/helper pod-resources"] = "[]"
    goes_red(r"it tells \[\]", steps.told_to_monitors, plugin(shell), users(made))


def test_a_registration_that_is_not_counted(made: Made) -> None:
    _, api, shell = made
    metric = 'kubelet_device_plugin_registration_total{resource_name="%s"} %d\n'
    api.table[f"{NODES}/worker-0/proxy/metrics"] = metric % (RESOURCE, 2)
    before = steps.let_register(live(made), plugin(shell))
    goes_red("should be counted: 2 became 2", steps.counted, live(made), plugin(shell), before)
    api.table[f"{NODES}/worker-0/proxy/metrics"] = metric % (RESOURCE, 3)
    steps.counted(live(made), plugin(shell), before)


def test_two_pods_with_one_device(made: Made) -> None:
    steps.different(users(made), evidence())
    both = users(made)
    both.running.append(both.running[0])
    twin = RunningPod(both.running[0].pods, both.running[0].shell, both.running[0].first)
    both.running[1] = twin
    goes_red("each Pod should have a device of its own", steps.different, both, evidence())


def test_pods_that_run_wait_or_fail(made: Made) -> None:
    _, api, shell = made
    work = workloads_of(api)
    told = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": f"no {RESOURCE}",
    }
    api.table[PENDING] = {"status": {"phase": "Pending", "conditions": [told]}, "spec": {}}
    steps.not_scheduled(work, plugin(shell), 30)
    with pytest.raises(WaitTimeout, match="another runs with the device that became free"):
        steps.runs_now(work, users(made), 60)
    with pytest.raises(WaitTimeout, match="another has failed because of UnexpectedAdmissionError"):
        steps.is_rejected(work, 60, "the new Pod", "UnexpectedAdmissionError")
    api.table[PENDING] = {"status": {"phase": "Failed", "reason": "UnexpectedAdmissionError"}}
    steps.is_rejected(work, 60, "the new Pod", "UnexpectedAdmissionError")
    with pytest.raises(WaitTimeout, match="is not scheduled for want of"):
        steps.not_scheduled(work, plugin(shell), 30)
    api.table[PENDING] = {"status": {"phase": "Running"}}
    steps.runs_now(work, users(made), 60)


def test_a_holder_that_is_restarted(made: Made) -> None:
    _, api, _ = made
    steps.holder_goes_on(users(made))
    api.table[POD] = a_pod(status__containerStatuses__0__restartCount=1)
    goes_red("the holder goes on", steps.holder_goes_on, users(made))


def test_an_allocation_of_two() -> None:
    with pytest.raises(NotJudged, match="one device was expected"):
        device_plugins.only_id({"ids": ["a", "b"]})
