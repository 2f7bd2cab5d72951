"""The health gate says everything that is wrong, and passes only when nothing is."""

from typing import Any

import pytest

from infra.errors import ClusterBroken, NotJudged, Unreachable, WaitTimeout
from infra.lifecycle import gate
from infra.lifecycle.gate import api_servers, pod_connectivity, workers
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def test_a_healthy_cluster_passes_with_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    def none(live: object) -> list[str]:
        looks.append(live)
        return []

    monkeypatch.setattr(gate, "problems", none)
    gate.gate(cluster())
    assert len(looks) == 1


def test_a_broken_cluster_is_told_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ["node worker-0 is not Ready", "etcd https://10.0.1.12:2379 does not answer"]
    monkeypatch.setattr(gate, "problems", lambda _: wrong)
    with pytest.raises(
        ClusterBroken, match=r"(?s)after 90 s: node worker-0 is not Ready.*10\.0\.1\.12.*kfs down"
    ):
        gate.gate(cluster())


def test_what_undoing_needs_is_asked_of_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(gate.SERVING) == {api_servers.unready, workers.node_problems}
    unready: list[list[str]] = [["API server of controller-1: etcd failed"], []]
    monkeypatch.setattr(gate, "SERVING", (lambda _: unready.pop(0), lambda _: []))
    monkeypatch.setattr(gate, "problems", lambda _: ["nobody holds the Lease kube-scheduler"])
    gate.serves(cluster())
    assert unready == []

    monkeypatch.setattr(gate, "SERVING", (lambda _: ["node worker-0 is not Ready"],))
    with pytest.raises(ClusterBroken, match=r"after 90 s: nobody holds the Lease"):
        gate.serves(cluster())


def test_the_deep_gate_tells_which_pod_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: object) -> None:
        raise WaitTimeout("worker-1 does not reach dns")

    monkeypatch.setattr(gate, "problems", lambda _: [])
    monkeypatch.setattr(workers, "closed", lambda _: [])
    monkeypatch.setattr(pod_connectivity, "across_workers", unreachable)
    with pytest.raises(ClusterBroken, match="not healthy: worker-1 does not reach dns"):
        gate.gate(cluster(), deep=True)


@pytest.mark.parametrize(
    ("spec", "pressed", "words"),
    [
        ({"unschedulable": True}, "False", "cordoned"),
        (
            {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]},
            "False",
            "a=b:NoSchedule",
        ),
        ({"taints": [{"key": "node.kubernetes.io/x", "effect": "NoExecute"}]}, "False", ""),
        ({"taints": [{"key": "team", "effect": "PreferNoSchedule"}]}, "False", ""),
        ({}, "True", "under DiskPressure"),
    ],
)
def test_the_deep_gate_tells_of_a_worker_that_takes_no_pods(
    monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any], pressed: str, words: str
) -> None:
    monkeypatch.setattr(gate, "problems", lambda _: [])
    monkeypatch.setattr(pod_connectivity, "across_workers", lambda _: None)
    other = {"metadata": {"name": "worker-0"}, "spec": {}}
    status = {"conditions": [{"type": "DiskPressure", "status": pressed}]}
    this = {"metadata": {"name": "worker-1"}, "spec": spec, "status": status}
    nodes = {"items": [other, this]}
    live = cluster(api=FakeApi({"/api/v1/nodes": nodes}))
    gate.gate(live)  # scenarios close workers too
    if not words:
        gate.gate(live, deep=True)
        return
    says = f"not healthy: node worker-1 takes no new Pods: it is .*{words}"
    with pytest.raises(ClusterBroken, match=says):
        gate.gate(live, deep=True)


def test_problems_come_from_every_check_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(_: object) -> list[str]:
        raise NotJudged("controller-0 cannot be reached")

    def writes(_: object) -> list[str]:
        return ["a Secret"]

    checks: Any = (lambda _: ["a clock is wrong"], blind, lambda _: [], lambda _: ["no DNS"])
    monkeypatch.setattr(gate, "CHECKS", checks)
    monkeypatch.setattr(gate, "WRITING", (writes,))
    assert gate.problems(cluster()) == [
        "a clock is wrong",
        "controller-0 cannot be reached",
        "no DNS",
    ]
    monkeypatch.setattr(gate, "CHECKS", checks[2:3])
    assert gate.problems(cluster()) == ["a Secret"]  # only where nothing else is wrong


def test_nodes_and_dns() -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    nodes = {"items": [{"metadata": {"name": "worker-0"}, **ready}]}
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    live = cluster(api=FakeApi({"/api/v1/nodes": nodes, path: {"status": {}}}))
    assert workers.node_problems(live) == ["node worker-1 is not Ready"]
    assert workers.dns_problems(live) == ["CoreDNS is not available"]


class Channel:
    """A connection on which an answer comes, and then its end; without an answer nothing ever."""

    def __init__(self, answer: str) -> None:
        self.pieces = [answer[:9].encode(), answer[9:].encode(), b""]
        self.sent = b""
        self.closed = False

    def settimeout(self, _: float) -> None: ...

    def sendall(self, content: bytes) -> None:
        self.sent += content

    def recv(self, _: int) -> bytes:
        if self.pieces == [b"", b"", b""]:
            raise TimeoutError
        return self.pieces.pop(0)

    def close(self) -> None:
        self.closed = True


class Dialing(FakeShell):
    def __init__(self, name: str, answer: str | None) -> None:
        super().__init__(name)
        self.answer = answer

    def dial(self, address: str, port: int) -> Any:
        assert (address, port) == ("127.0.0.1", 10256)
        if self.answer is None:
            raise Unreachable(self.name, f"to {address}:{port}", "refused")
        self.channel = Channel(self.answer)
        return self.channel


GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (GOOD, []),
        (None, ["does not answer on its health port 10256"]),
        ("", ["does not answer on its health port 10256"]),  # frozen: taken, never answered
        ("HTTP/1.1 503 X\r\n\r\n{}", ["says that it is not healthy (503 {})"]),
    ],
)
def test_a_kube_proxy_that_is_dead_or_late(answer: str | None, words: list[str]) -> None:
    shells = {"worker-0": Dialing("worker-0", GOOD), "worker-1": Dialing("worker-1", answer)}
    found = workers.proxy_problems(cluster(shell=shells.__getitem__))
    after = ": Services on worker-1 stay as they were or lead nowhere"
    assert found == [f"kube-proxy of worker-1 {one}{after}" for one in words]
    assert shells["worker-0"].channel.sent.startswith(b"GET /healthz HTTP/1.1\r\nHost: worker-0")
    assert shells["worker-0"].channel.closed
