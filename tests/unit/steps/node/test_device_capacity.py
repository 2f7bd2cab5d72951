"""Devices as numbers: every Then-step goes red; a resource is forgotten afterwards."""

from types import SimpleNamespace
from typing import cast

import pytest

from fixtures.worlds.node import device_plugins as fixture
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from tests.steps.node import device_capacity as counts
from tests.unit.fakes import Made, goes_red, running_pod, workloads_of
from tests.unit.steps.node.test_device_plugins import NAME, NODES, PENDING, live, nodes, plugin


@pytest.fixture
def made() -> Made:
    return running_pod()


def test_registrations(made: Made) -> None:
    _, _, shell = made
    goes_red(
        "the kubelet said 'no answer'|the kubelet said ''",
        counts.registration_refused,
        plugin(shell),
        "API version",
        "v1alpha1",
    )
    words = "dongle should be refused, naming it"
    goes_red(words, counts.registration_refused, plugin(shell), "resource", "dongle")


def test_requests_that_are_taken(made: Made) -> None:
    _, api, _ = made
    path = "POST /api/v1/namespaces/ns/pods"
    live = cast("Cluster", SimpleNamespace(api_servers=lambda: {"controller-0": api}))

    def sent(*rows: list[str]) -> counts.Asked:
        return counts.send_pods(live, workloads_of(api), [["request", "limit"], *rows])

    api.table[path] = (422, {"message": "must be an integer"})
    counts.refused(sent(["500m", "500m"], ["1", ""]), 422)
    (_, _, body) = api.asked[-1]
    assert body["spec"]["containers"][0]["resources"] == {"requests": {counts.RESOURCE: "1"}}
    api.table[path] = (201, {})
    goes_red("request 1, limit absent: .* -> 201", counts.refused, sent(["1", ""]), 422)
    api.table[path] = {"spec": {"containers": [{"resources": {"requests": {}}}]}}
    says = "becomes a request of 1; instead: it became {}"
    goes_red(says, counts.defaulted, sent(["", "1"]), 1)
    api.table[path] = {
        "spec": {"containers": [{"resources": {"requests": {counts.RESOURCE: "1"}}}]}
    }
    counts.defaulted(sent(["", "1"]), 1)


def test_pods_of_a_written_count(made: Made) -> None:
    _, api, shell = made
    api.table[PENDING] = {"spec": {"nodeName": "worker-0"}, "status": {"phase": "Running"}}
    counts.both_run(workloads_of(api), plugin(shell), ["another"])
    api.table[PENDING]["spec"]["nodeName"] = "worker-1"
    with pytest.raises(WaitTimeout, match="another run on worker-0"):
        counts.both_run(workloads_of(api), plugin(shell), ["another"])


def test_a_resource_is_forgotten(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    _, api, shell = made
    api.table[f"{NODES}/worker-0"] = nodes("0", "0")["items"][0]
    api.table[f"PATCH {NODES}/worker-0/status"] = {}
    shell.answers |= {"rm": "", "systemctl": ""}
    monkeypatch.setattr(fixture.kubelet, "await_heartbeat", lambda *_: None)
    fixture.forget(live(made), plugin(shell))
    (_, _, body) = api.asked[-1]
    assert [step["path"] for step in body] == [
        f"/status/{where}/example.com~1{NAME}" for where in ("capacity", "allocatable")
    ]
