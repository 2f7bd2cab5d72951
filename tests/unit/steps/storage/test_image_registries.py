"""Images of a registry: every Then-step goes red, as one understands."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from fixtures.worlds.storage.registry import PulledImage
from infra.errors import WaitTimeout
from suite.storage import image_volumes
from suite.storage.registry import ASKED, Registry, Said, layout
from suite.workloads.pod_under_test import RunningPod
from tests.steps.storage import image_registries as steps
from tests.unit.fakes import FakeApi, FakeShell, goes_red, no_time_passes, pod, workloads_of

WAITING = "/api/v1/namespaces/ns/pods/waits"


@dataclass
class Image:
    """``wrong`` is what ``unread`` finds."""

    wrong: list[str] = field(default_factory=list)
    reference: str = "10.0.1.11:25000/data:1"
    workloads: Any = None
    cluster: Any = None

    def unread(self, pods: list[RunningPod]) -> list[str]:
        return self.wrong


class Writer:
    name = "two"

    def __init__(self, *restarts: str) -> None:
        self.found = list(restarts)

    def restarts(self) -> list[str]:
        return self.found


def pulled(*statuses: int, **image: Any) -> PulledImage:
    """A registry that the worker asked so often, with these answers."""
    cluster = type("Cluster", (), {"address_of": lambda *_: "10.0.1.21"})()
    server = type("Server", (), {"asked": lambda *_: list(statuses)})()
    return PulledImage(
        cast("Any", Image(cluster=cluster, **image)), cast("Registry", server), "worker-0"
    )


def test_a_registry_that_nobody_asked_or_too_many() -> None:
    steps.was_asked(pulled(200))
    goes_red("should have asked the registry; it saw \\[\\]", steps.was_asked, pulled())
    image = pulled(200, 200)
    image.before = [200]
    steps.asked_again(image)
    goes_red("none came", steps.asked_again, image)
    steps.not_asked(image)
    image.before = [200]
    goes_red("no further request", steps.not_asked, image)


def test_content_that_moves_under_a_pod_or_stays_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = cast("RunningPod", Writer())
    steps.still_first(pulled(), first)
    moved = pulled(wrong=["one reads 'n-2'"])
    goes_red("(?s)as it was.*one reads 'n-2'", steps.still_first, moved, first)
    restarted = cast("RunningPod", Writer("c restarted"))
    goes_red("(?s)is the same.*c restarted", steps.still_first, pulled(), restarted)
    monkeypatch.setattr(image_volumes, "marker", lambda _: "n-2")
    steps.reads_other(pulled(), first, "n-2")
    goes_red("two reads 'n-2'", steps.reads_other, pulled(), first, "n-3")


def test_a_secret_that_does_not_help() -> None:
    first = cast("RunningPod", Writer())
    steps.reads_nonce(pulled(), first)
    goes_red("pulled with the secret", steps.reads_nonce, pulled(wrong=["one reads ''"]), first)


def test_a_pull_that_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    steps.refused(pulled(401, workloads=held("ImagePullBackOff")), 60)
    with pytest.raises(WaitTimeout, match="waits waits with ImagePullBackOff"):
        steps.refused(pulled(401, workloads=held("ContainerCreating")), 60)
    for statuses in ((), (401, 200)):
        with pytest.raises(WaitTimeout, match="the registry has refused the worker"):
            steps.refused(pulled(*statuses, workloads=held("ImagePullBackOff")), 60)


def test_a_brought_image_that_anybody_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)

    def tried(*statuses: int) -> PulledImage:
        image = pulled(200, *statuses, workloads=held("ImagePullBackOff"))
        image.before = [200]
        return image

    steps.refused_again(tried(401), 60)
    for statuses in ((), (401, 200)):
        goes_red("should have refused the second Pod", steps.refused_again, tried(*statuses), 60)
    running = pulled(200, workloads=held("ContainerCreating"))
    with pytest.raises(WaitTimeout, match="waits waits with ImagePullBackOff"):
        steps.refused_again(running, 60)


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
