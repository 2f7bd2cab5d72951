"""Machines and an API in memory, for tests of clients and steps."""

import copy
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import pytest

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads
from infra import wait
from infra.cluster import Cluster
from infra.errors import ClaimError, CommandFailed, NotPrepared
from infra.kube_api import Answer, Api, JsonObject
from infra.machine_layout import SERIES
from infra.ssh import TIMEOUT, Result
from suite.workloads.pod_under_test import RunningPod, look
from suite.workloads.pods import Pods

POD = "/api/v1/namespaces/ns/pods/rz"
UID = "0a1b-2c3d"


class FakeShell:
    """Answers by the first words of argv; ``ran`` is what was asked."""

    def __init__(self, name: str = "worker-0", answers: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.layout = SERIES
        self.answers = dict(answers or {})
        self.ran: list[tuple[str, ...]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Result:
        self.ran.append(tuple(argv))
        line = " ".join(argv)
        found = [text for start, text in self.answers.items() if line.startswith(start)]
        status = 0 if found else 1
        if check and status:
            raise CommandFailed(self.name, argv, exit_status=1, stdout="", stderr="no answer")
        return Result(self.name, tuple(argv), status, found[0] if found else "", "", 0.0)

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        self.answers[f"cat {path}"] = content.decode()

    def get(self, path: str) -> bytes:
        return self.answers[f"cat {path}"].encode()


class FakeApi(Api):
    """Answers from ``table``: "GET /path" or "/path" -> object, or (status, object)."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.base = "https://api"
        self.table = table
        self.asked: list[tuple[str, str, Any]] = []
        self.stream: list[JsonObject] = []
        self.others: dict[str, FakeApi] = {}

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        self.asked.append((method, path, how.get("body")))
        found = self.table.get(f"{method} {path}", self.table.get(path))
        status, body = found if isinstance(found, tuple) else (200, found)
        if found is None:
            status, body = 404, {"reason": "NotFound", "message": f"{path} not found"}
        return Answer(method, self.base + path, status, {}, text_of(body))

    def at(self, base: str) -> Api:
        return self.others.get(base, self)

    def watch(self, path: str, *, seconds: int, **params: str) -> Iterator[JsonObject]:
        yield from self.stream


def text_of(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def pod(**changes: Any) -> JsonObject:
    """The article's Pod as it runs; ``changes`` by dotted path with ``__`` for the dots."""
    figures = {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "200m", "memory": "128Mi"},
    }
    status = {
        "name": "c",
        "containerID": "containerd://c0ffee",
        "restartCount": 0,
        "state": {"running": {"startedAt": "2026-11-23T20:00:00Z"}},
        "resources": figures,
        "allocatedResources": figures["requests"],
    }
    made: JsonObject = {
        "metadata": {
            "name": "rz", "namespace": "ns", "uid": UID, "generation": 1, "resourceVersion": "7",
            "labels": {"article": "70"},
        },
        "spec": {
            "nodeName": "worker-0",
            "containers": [{"name": "c", "image": "busybox", "resources": figures}],
        },
        "status": {
            "phase": "Running", "qosClass": "Burstable", "podIP": "10.200.0.9",
            "observedGeneration": 1, "containerStatuses": [status],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }  # fmt: skip
    made = copy.deepcopy(made)
    for path, value in changes.items():
        put(made, path.split("__"), value)
    return made


def put(tree: Any, path: list[str], value: Any) -> None:
    *parents, last = (int(part) if part.isdigit() else part for part in path)
    for part in parents:
        tree = tree[part]
    tree[last] = value


def cgroup_files(cpu: str = "20000 100000", memory: str = "134217728", **scopes: Any) -> str:
    """Output of ``grep -H`` for the article's Pod; ``container`` has other values if given."""
    parent = "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice"
    parent += "/kubepods-burstable-pod0a1b_2c3d.slice"
    scope = f"{parent}/cri-containerd-c0ffee.scope"
    inner = scopes.get("container", {})
    lines = [f"{parent}/cpu.max:{cpu}", f"{parent}/memory.max:{memory}"]
    lines += [f"{parent}/cpu.weight:{scopes.get('weight', 4)}"]
    lines += [f"{scope}/cpu.max:{inner.get('cpu', cpu)}"]
    lines += [f"{scope}/memory.max:{inner.get('memory', memory)}"]
    lines += [f"{scope}/cpu.weight:{inner.get('weight', 17)}"]
    lines += [f"{scope}/memory.current:1048576", f"{scope}/cgroup.procs:321"]
    lines += [f"{scope}/memory.events:oom_kill {scopes.get('oom_kills', 0)}"]
    return "\n".join(lines) + "\n"


def stat(ticks: int = 5000) -> str:
    """A line of /proc/321/stat of a process with spaces and brackets in its name."""
    return f"321 (a (b) c) S {'0 ' * 18}{ticks} 0 0\n"


def running_pod(**answers: str) -> tuple[RunningPod, FakeApi, FakeShell]:
    """The article's Pod, seen once, with the API and the shell that can change it."""
    shell = FakeShell(answers={"grep": cgroup_files(), "cat /proc": stat(), **answers})
    api = FakeApi({POD: pod(), "/api/v1/namespaces/ns/events": {"items": []}})
    pods = Pods(api, "ns")
    return RunningPod(pods, shell, look(pods, shell, "rz")), api, shell


def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting takes no time: the clock moves by what is slept, in any thread."""
    now = 0.0
    moving = threading.Lock()

    def sleep(_: wait.SystemClock, seconds: float) -> None:
        nonlocal now
        with moving:
            now += max(seconds, 0.01)

    monkeypatch.setattr(wait.SystemClock, "now", lambda _: now)
    monkeypatch.setattr(wait.SystemClock, "sleep", sleep)


class NoEvidence(Evidence):
    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, Any]] = []

    def record(self, name: str, kind: str, data: Any) -> None:
        self.recorded.append((name, kind, data))


class FakeCluster:
    """Its three API servers say the same, unless ``servers`` has others by machine."""

    layout = SERIES

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.servers: dict[str, FakeApi] = {}

    def api_servers(self) -> dict[str, FakeApi]:
        return {f"controller-{n}": self.api for n in range(3)} | self.servers


def evidence() -> Evidence:
    return NoEvidence()


def cluster_of(api: FakeApi) -> Cluster:
    return cast("Cluster", FakeCluster(api))


def workloads_of(api: FakeApi) -> Workloads:
    return Workloads(cluster_of(api), "ns")


def answer(status: int, **body: Any) -> Answer:
    return Answer("PATCH", "https://api/resize", status, {}, text_of(body))


def pending(reason: str = "Deferred") -> list[JsonObject]:
    return [{"type": "PodResizePending", "status": "True", "reason": reason}]


def goes_red(words: str, step: Callable[..., object], *args: Any, **named: Any) -> None:
    with pytest.raises(ClaimError, match=words):
        step(*args, **named)


def red(step: Callable[..., object], *given: Any, says: str) -> None:
    """As ``goes_red``, also by a bare assert, and ``says`` is no pattern."""
    with pytest.raises(AssertionError) as caught:
        step(*given)
    assert says in str(caught.value)


def not_judged(words: str, step: Callable[..., object], *args: Any, **named: Any) -> None:
    """A precondition or a control of the step was not met: no verdict on the claim."""
    with pytest.raises(NotPrepared, match=words):
        step(*args, **named)


Made = tuple[RunningPod, FakeApi, FakeShell]
"""A running Pod with what it can be changed by."""
