"""Images of a registry: every Then-step goes red, as one understands."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.worlds.storage.registry import PulledImage, made
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from suite.storage import image_volumes
from suite.storage.registry import ASKED, Registry, Said, layout
from suite.workloads.pod_under_test import RunningPod
from tests.steps.storage import image_registries as steps
from tests.unit.fakes import FakeApi, FakeShell, goes_red, pod, workloads_of

SPEC = series("test", kubernetes="v1.36.1", platform="aws")
WAITING = "/api/v1/namespaces/ns/pods/waits"


@dataclass
class Image:
    """``wrong`` is what ``unread`` finds."""

    wrong: list[str] = field(default_factory=list)
    nonce: str = "n-1"
    reference: str = "10.0.1.11:25000/data:1"
    workloads: Any = None
    cluster: Any = None

    def unread(self, pods: list[RunningPod]) -> list[str]:
        return self.wrong


class Writer:
    def __init__(self, name: str = "one", *restarts: str) -> None:
        self.name = name
        self.found = list(restarts)

    def restarts(self) -> list[str]:
        return self.found


def pulled(*statuses: int, **image: Any) -> PulledImage:
    """A registry that the worker asked so often, with these answers."""
    cluster = SimpleNamespace(spec=SPEC)
    server = type("Server", (), {"asked": lambda *_: list(statuses)})()
    return PulledImage(
        cast("Any", Image(cluster=cluster, **image)), cast("Registry", server), "worker-0"
    )


def test_a_registry_that_nobody_asked_or_too_many() -> None:
    first, none, another = steps.PULLS
    steps.has_pulled(pulled(200), first)
    goes_red("should have asked the registry; it saw \\[\\]", steps.has_pulled, pulled(), first)
    image = pulled(200, 200)
    image.before = [200]
    steps.has_pulled(image, another)
    goes_red("none came", steps.has_pulled, image, another)
    steps.has_pulled(image, none)
    image.before = [200]
    goes_red("no further request; it saw \\[200\\]", steps.has_pulled, image, none)


def test_a_registry_is_where_machines_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where this run does: on AWS that address is on no interface of the machine."""
    monkeypatch.setattr(Registry, "prepare", lambda *_: None)
    monkeypatch.setattr(PulledImage, "remove", lambda *_: None)
    line = '10.0.1.21 - - [26/Nov/2026] "HEAD /v2/data/manifests/1 HTTP/1.1" 200 5 "" "c"'
    ours = {str(m.name): f"203.0.113.{n}" for n, m in enumerate(SPEC.machines)}
    cluster = Cluster(SPEC, Path("/none"), cast("Any", FakeShell), ours)
    monkeypatch.setattr(FakeShell, "get", lambda *_: line.encode())
    image = next(made(cluster, workloads_of(FakeApi({})), b"", password=""))
    assert image.registry.address == "10.0.1.11"
    assert image.image.reference.startswith("10.0.1.11:")
    assert image.asked() == [200]


def test_content_that_moves_under_a_pod_or_stays_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def first(*restarts: str, nonce: str = "n-1") -> None:
        monkeypatch.setattr(image_volumes, "marker", lambda _: nonce)
        subject = cast("RunningPod", Writer("one", *restarts))
        steps.reads(pulled(), subject, none, "n-2", "first", steps.STILL_FIRST)

    def second(nonce: str) -> None:
        monkeypatch.setattr(image_volumes, "marker", lambda _: nonce)
        subject = cast("RunningPod", Writer("two"))
        steps.reads(pulled(), none, subject, "n-2", "second", steps.NEW)

    none = cast("RunningPod", None)
    first()
    goes_red("the first Pod reads the first nonce.*one reads 'n-2'", first, nonce="n-2")
    goes_red("the first Pod is the same; instead: c restarted", first, "c restarted")
    second("n-2")
    goes_red("the second Pod reads the new nonce; instead: two reads 'n-1'", second, "n-1")


def test_a_secret_that_does_not_help() -> None:
    first = cast("RunningPod", Writer())
    steps.reads_nonce(pulled(), first)
    goes_red("pulled with the secret", steps.reads_nonce, pulled(wrong=["one reads ''"]), first)


def test_a_pull_that_is_not_refused() -> None:
    steps.refused(pulled(401, workloads=held("ImagePullBackOff")), 60, "")
    with pytest.raises(WaitTimeout, match="waits waits with ImagePullBackOff"):
        steps.refused(pulled(401, workloads=held("ContainerCreating")), 60, "")
    for statuses in ((), (401, 200)):
        with pytest.raises(WaitTimeout, match="the registry has refused the worker"):
            steps.refused(pulled(*statuses, workloads=held("ImagePullBackOff")), 60, "")


def test_a_brought_image_that_anybody_may_use() -> None:

    def tried(*statuses: int) -> PulledImage:
        image = pulled(200, *statuses, workloads=held("ImagePullBackOff"))
        image.before = [200]
        return image

    steps.refused(tried(401), 60, " again")
    for statuses in ((), (401, 200)):
        goes_red("should have refused the second", steps.refused, tried(*statuses), 60, " again")
    running = pulled(200, workloads=held("ContainerCreating"))
    with pytest.raises(WaitTimeout, match="waits waits with ImagePullBackOff"):
        steps.refused(running, 60, " again")


def held(reason: str) -> Any:
    state = {"waiting": {"reason": reason, "message": "10.0.1.11:25000/data:1: 401"}}
    return workloads_of(
        FakeApi({WAITING: pod(status__containerStatuses=[{"name": "c", "state": state}])})
    )


def test_lines_of_the_registry_are_read() -> None:
    line = '10.0.1.21 - - [26/Nov/2026] "HEAD /v2/data/manifests/1 HTTP/1.1" 200 5 "" "c"'
    other = line.replace("manifests/1", "manifests/sha256:12")
    server = Registry(
        cast(
            "Any", FakeShell(answers={"cat /var/lib/claim-0000000a/requests": f"{line}\n{other}\n"})
        ),
        "claim-0000000a",
        "10.0.1.11",
    )
    assert server.place == "10.0.1.11:20010"
    assert server.asked("10.0.1.21") == [200]
    assert server.asked("10.0.1.22") == []
    assert ASKED.match(line.replace("200", "401"))


def test_an_answer_of_curl_is_read() -> None:
    assert Said.of("HTTP/1.1 202 Accepted\r\nLocation: http://x/y?_state=1\r\n\r\n") == Said(
        202, "http://x/y?_state=1"
    )
    assert Said.of("").status == 0


def test_an_image_is_split_into_what_a_registry_takes() -> None:
    blobs, manifest = layout(image_volumes.spec("example.com/data:1", "n", "leaf"))
    assert len(blobs) == 2, "a layer and a configuration"
    assert all(digest in manifest.decode() for digest in blobs)


def test_the_first_pod_with_a_secret_pulls_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With "Always" the kubelet pulls at each of its syncs, and the second Pod is blamed for it."""
    started: list[str] = []
    monkeypatch.setattr(PulledImage, "make_secret", lambda _: None)
    monkeypatch.setattr(PulledImage, "start", lambda _, __, policy, **___: started.append(policy))
    steps.with_secret(pulled())
    assert started == ["IfNotPresent"]
