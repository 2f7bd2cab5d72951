"""What becomes of devices: every Then-step goes red, as one understands."""

import json
from typing import Any

import pytest

from infra.errors import Changed, ClaimError, GaveUp, WaitTimeout
from tests.steps.node import device_health as steps
from tests.steps.node import device_plugins
from tests.unit.fakes import POD, Made, evidence, goes_red, workloads_of
from tests.unit.fakes import pod as a_pod
from tests.unit.steps.node.test_device_plugins import (
    CALLS,
    NAME,
    RESOURCE,
    live,
    log,
    made,
    nodes,
    plugin,
    users,
)

__all__ = ["made"]
FAILED = {"phase": "Failed", "reason": "UnexpectedAdmissionError"}
PODS = "/api/v1/namespaces/ns/pods"


def health(word: str) -> Any:
    tells = [{"name": RESOURCE, "resources": [{"resourceID": f"{NAME}-0", "health": word}]}]
    return a_pod(status__containerStatuses__0__allocatedResourcesStatus=tells)


def test_a_status_without_health(made: Made) -> None:
    _, api, shell = made
    with pytest.raises(WaitTimeout, match="tells that its device is Unhealthy"):
        steps.tells_health(plugin(shell), users(made), "Unhealthy")
    api.table[POD] = health("Unhealthy")
    steps.tells_health(plugin(shell), users(made), "Unhealthy")


def test_a_new_pod_whose_device_is_not_told_to_be_healthy(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of the claim although it comes first: no bad start."""
    _, api, shell = made
    monkeypatch.setattr(steps, "one_user", lambda *_: users(made))
    with pytest.raises(ClaimError, match="tells that its device is Healthy") as raised:
        steps.healthy_user(workloads_of(api), plugin(shell), "Healthy")
    assert type(raised.value) is ClaimError
    api.table[POD] = health("Healthy")
    steps.healthy_user(workloads_of(api), plugin(shell), "Healthy")


def test_counts_that_do_not_stay(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubelet that forgets a dead plugin after 40 s, not five minutes."""
    _, api, shell = made
    steps.node_keeps(live(made), plugin(shell), 30, 3, 3, 240)
    seen = iter([nodes("3", "0")] * 5 + [nodes("0", "0")] * 9)
    monkeypatch.setattr(api, "get", lambda *_, **__: next(seen))
    with pytest.raises(Changed, match=f"3 of {RESOURCE}, 0 to give: did not stay for 240 s"):
        steps.node_keeps(live(made), plugin(shell), 30, 3, 0, 240)


def test_a_socket_that_stays(made: Made) -> None:
    _, _, shell = made
    shell.answers["find"] = "kubelet.sock\n"
    steps.node_and_socket(live(made), plugin(shell), 30, 3, 3)
    shell.answers["find"] = f"kubelet.sock\nexample.com_{NAME}.sock\n"
    goes_red(
        "the kubelet of worker-0 removes sockets of plugins; instead: example.com_",
        steps.node_and_socket, live(made), plugin(shell), 30, 3, 3,
    )  # fmt: skip


def test_the_pod_that_is_refused_goes_on(made: Made) -> None:
    _, api, _ = made
    rejected = (workloads_of(api), 60, "the Pod with the init container", FAILED["reason"])
    path = f"{PODS}/{steps.INITIALIZED}"
    api.table[path] = {"status": {"phase": "Running"}}
    with pytest.raises(WaitTimeout, match=r"initialized has failed because of Unexpected.*Running"):
        device_plugins.is_rejected(*rejected)
    api.table[path] = {"status": FAILED}
    device_plugins.is_rejected(*rejected)


def test_a_plugin_that_fails_and_recovers(made: Made) -> None:
    _, _, shell = made
    steps.plugin_acts(plugin(shell), "fails")
    assert f"cat {plugin(shell).folder}/fail" in shell.answers
    steps.plugin_acts(plugin(shell), "recovers")
    assert shell.ran[-1][0] == "rm"


def test_a_pod_of_an_init_container_asks_twice() -> None:
    spec = steps.initialized(RESOURCE)["spec"]
    asked = [
        c["resources"]["limits"][RESOURCE] for c in spec["initContainers"] + spec["containers"]
    ]
    assert asked == ["1", "1"]
    assert spec["initContainers"][0]["command"] == ["true"]


def test_a_holder_that_loses_its_device_and_others_that_restart(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, shell = made
    beside = {"ns/dns": "the same", "ns/initialized": "x"}
    now: dict[str, Any] = {"ns/dns": "the same"}
    monkeypatch.setattr(steps, "identities_on", lambda *_: now)
    holder = users(made)
    holder.refused = "initialized"
    held = {"pod": "rz", "container": "c", "resource": RESOURCE, "ids": [f"{NAME}-0"]}
    shell.answers[f"/var/lib/{NAME}/helper pod-resources"] = json.dumps([held])

    def judge() -> None:
        steps.goes_on_with_it(live(made), plugin(shell), holder, beside)  # type: ignore[arg-type]

    judge()
    now["ns/dns"] = "another"
    goes_red("Pods go on as their kubelet restarts; instead: ns/dns: the same became", judge)
    shell.answers[f"/var/lib/{NAME}/helper pod-resources"] = "[]"
    goes_red(r"should tell that rz has .*; it tells \[\]", judge)


def test_a_device_that_is_not_given_back(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    _, api, shell = made
    monkeypatch.setattr(steps, "different", lambda *_: None)
    monkeypatch.setattr(type(workloads_of(api)), "running", lambda *_: made[0])
    api.table |= {f"{PODS}/user-{n}": {"status": {"phase": "Running"}} for n in range(2)}
    api.table[f"POST {PODS}"] = {}
    shell.answers["cat /var/lib/claim"] = log([*CALLS, CALLS[4], CALLS[4]])
    steps.free_again(workloads_of(api), plugin(shell), evidence(), 2)
    shell.answers["cat /var/lib/claim"] = log([*CALLS, *[CALLS[4]] * 5])
    goes_red(
        "3 Pods asked for a device, and the plugin 6 times",
        steps.free_again, workloads_of(api), plugin(shell), evidence(), 2,
    )  # fmt: skip
    api.table[f"{PODS}/user-1"] = {"status": {"phase": "Pending"}}
    with pytest.raises(
        WaitTimeout, match=r"user-0 and user-1 run, each with a device.*'user-1': 'Pending'"
    ):
        steps.free_again(workloads_of(api), plugin(shell), evidence(), 2)
    api.table[f"{PODS}/user-1"] = {"status": FAILED}
    with pytest.raises(GaveUp, match=r"user-0 and user-1 run, .*Failed UnexpectedAdmissionError"):
        steps.free_again(workloads_of(api), plugin(shell), evidence(), 2)
