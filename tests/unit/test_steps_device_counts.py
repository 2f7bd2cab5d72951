"""Devices as numbers: every Then-step goes red; a resource is forgotten afterwards."""

import pytest

from fixtures import devices as fixture
from infra.clients.api import Answer
from infra.errors import WaitTimeout
from tests.steps import device_counts as counts
from tests.unit.fakes import Made, goes_red, no_time_passes, running_pod, workloads_of
from tests.unit.test_steps_devices import NAME, NODES, PENDING, live, nodes, plugin


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    no_time_passes(monkeypatch)
    return running_pod()


def test_sockets_and_registrations(made: Made) -> None:
    _, _, shell = made
    shell.answers["find"] = "kubelet.sock\n"
    counts.only_own_socket(shell)
    shell.answers["find"] = "kubelet.sock\nold.sock\n"
    goes_red("there are .*old.sock", counts.only_own_socket, shell)
    goes_red(
        "the kubelet said 'no answer'|the kubelet said ''",
        counts.version_refused,
        plugin(shell),
        "v1alpha1",
    )
    goes_red("dongle should be refused by name", counts.name_refused, plugin(shell), "dongle")


def test_requests_that_are_taken(made: Made) -> None:
    _, api, _ = made
    good = {way: Answer("POST", "", 422, {}, "") for way in counts.WAYS}
    table = [["way"], *([way] for way in counts.WAYS)]
    counts.refused_ways(good, 422, table)
    taken = {**good, "half a device": Answer("POST", "", 201, {}, "")}
    goes_red("half a device: 201", counts.refused_ways, taken, 422, table)
    path = "POST /api/v1/namespaces/ns/pods"
    api.table[path] = {"spec": {"containers": [{"resources": {"requests": {}}}]}}
    goes_red("should become a request of 1; it became None", counts.limit_alone, workloads_of(api))
    api.table[path] = {
        "spec": {"containers": [{"resources": {"requests": {counts.RESOURCE: "1"}}}]}
    }
    counts.limit_alone(workloads_of(api))


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
