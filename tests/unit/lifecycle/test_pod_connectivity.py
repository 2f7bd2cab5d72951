"""Pods on every worker ask Services and DNS: what they reach, and requests that are refused."""

from typing import Any

import pytest

from infra.errors import ClusterBroken, NotPrepared
from infra.kube_api import ApiRefused
from infra.lifecycle import gate
from infra.lifecycle.gate import pod_connectivity, workers
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, no_time_passes


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def container(name: str, state: dict[str, Any]) -> dict[str, Any]:
    status = {"containerStatuses": [{"name": name, "state": state}]}
    return {"spec": {"nodeName": "worker-1"}, "status": status}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"terminated": {"exitCode": 0}}, None),
        ({"running": {}}, "worker-1 does not reach a Service whose Pod runs on the same worker"),
        (
            {"terminated": {"exitCode": 1}},
            "worker-1 does not always reach a Service whose Pod runs on the same worker",
        ),
    ],
)
def test_what_a_pod_reaches(state: dict[str, Any], words: str | None) -> None:
    api = FakeApi({"/home/pods": {"items": [container("own", state)]}})
    assert pod_connectivity.unfinished(api, "/home") == ([words] if words else [])


def test_pods_that_do_not_start_are_no_failure_to_reach_anything() -> None:
    waiting = container("dns", {"waiting": {"reason": "ContainerCreating"}})
    waiting["metadata"] = {"name": "asks-worker-1"}
    unseen = {"metadata": {"name": "answers-worker-0"}, "spec": {"nodeName": "worker-0"}}
    runs = container("own", {"running": {}})
    items = {"items": [waiting, {**unseen, "status": {}}, runs]}
    api = FakeApi({"/home/pods": items})
    left = ["asks-worker-1 on worker-1", "answers-worker-0 on worker-0"]
    assert pod_connectivity.not_started(api, "/home") == left


def test_the_deep_gate_tells_of_pods_that_do_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_started(_: object) -> None:
        raise NotPrepared("the Pods that ask for DNS and Services have started: not within 120 s")

    monkeypatch.setattr(gate, "problems", lambda _: [])
    monkeypatch.setattr(workers, "closed", lambda _: [])
    monkeypatch.setattr(pod_connectivity, "across_workers", not_started)
    with pytest.raises(ClusterBroken, match="not healthy: the Pods that ask for DNS"):
        gate.gate(cluster(), deep=True)


def test_each_worker_asks_its_own_service_and_another_ones() -> None:
    made = pod_connectivity.asking("worker-0", own="10.32.0.7", other="10.32.0.8")
    asked = {c["name"]: c["command"][-1] for c in made["spec"]["containers"]}
    assert asked == {
        "dns": pod_connectivity.NAME,
        "name": "to-worker-0:80",
        "own": "10.32.0.7:80",
        "other": "10.32.0.8:80",
    }
    assert made["spec"]["restartPolicy"] == "Never"  # one that failed once has failed


def test_what_fails_half_the_time_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, with an API that stores nothing but answers as if it did."""
    half = {"items": [container("dns", {"terminated": {"exitCode": 1}})]}

    class Stores(FakeApi):
        def ask(self, method: str, path: str, **how: Any) -> Any:
            if method == "GET" and path.endswith("/pods"):
                self.table[path] = half
            elif method == "POST":
                self.table[f"POST {path}"] = {"spec": {"clusterIP": "10.32.0.9"}}
            elif "serviceaccounts" in path:
                self.table[path] = {}
            elif method == "DELETE":
                self.table[f"DELETE {path}"] = {}
            return super().ask(method, path, **how)

    monkeypatch.setattr(gate, "problems", lambda _: [])
    with pytest.raises(ClusterBroken, match="worker-1 does not always reach the API as"):
        gate.gate(cluster(api=Stores({"/api/v1/nodes": {"items": []}})), deep=True)


class Refuses(FakeApi):
    """Answers the first POST with a status, and the next ones as if they were stored."""

    def __init__(self, status: int) -> None:
        super().__init__({})
        self.posts = 0
        self.status = status

    def ask(self, method: str, path: str, **how: Any) -> Any:
        if method == "POST":
            self.posts += 1
            refused = self.posts == 1
            answer = (self.status, {"message": "no room"}) if refused else {"kind": "Pod"}
            self.table[f"POST {path}"] = answer
        return super().ask(method, path, **how)


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_what_is_refused_for_now_is_asked_for_again(status: int) -> None:
    api = Refuses(status)
    made = pod_connectivity.create(api, "/home", "pods", {"metadata": {"name": "asks"}})
    assert (made, api.posts) == ({"kind": "Pod"}, 2)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_any_other_refusal_is_told_immediately(status: int) -> None:
    api = Refuses(status)
    with pytest.raises(ApiRefused, match=f"POST https://api/home/pods -> {status} no room"):
        pod_connectivity.create(api, "/home", "pods", {"metadata": {"name": "asks"}})
    assert api.posts == 1


def test_the_deep_gate_gives_up_on_a_cluster_that_takes_no_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "problems", lambda _: [])
    monkeypatch.setattr(workers, "closed", lambda _: [])
    with pytest.raises(ClusterBroken, match=r"not healthy: POST \S+/namespaces -> 403 no room"):
        gate.gate(cluster(api=Refuses(403)), deep=True)


def test_a_name_that_dns_does_not_tell() -> None:
    api = FakeApi({"/home/pods": {"items": [container("name", {"running": {}})]}})
    says = ["worker-1 does not reach a Service of its own namespace by name"]
    assert pod_connectivity.unfinished(api, "/home") == says
