"""Passes of a kubelet's container garbage collection, and the time between two of them."""

from collections.abc import Sequence
from typing import Any

import pytest

from infra import wait
from infra.errors import WaitTimeout
from infra.ssh import Result
from suite.node.container_gc import PERIOD, Passes
from tests.unit.fakes import FakeShell, no_time_passes, not_judged

LINK = "/var/log/containers/ns-gc.log"


class Worker(FakeShell):
    """Its kubelet removes dangling links at ``first`` and each minute after."""

    def __init__(self, first: float) -> None:
        super().__init__()
        self.first = first
        self.links: dict[str, float] = {}

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.ran.append(tuple(argv))
        program, path = argv[0], argv[-1]
        if program == "ln":
            self.links[path] = now()
        elif program == "rm":
            self.links.pop(path, None)
        status = 0 if program != "test" or self.is_left(path) else 1
        return Result(self.name, tuple(argv), status, "", "", 0.0)

    def is_left(self, path: str) -> bool:
        passes = [self.first + PERIOD * number for number in range(10)]
        return path in self.links and not any(self.links[path] < at <= now() for at in passes)


def now() -> float:
    return wait.SYSTEM.now()


@pytest.fixture(autouse=True)
def _no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def test_a_restart_begins_right_after_a_pass() -> None:
    worker = Worker(first=42.0)
    Passes(worker, "ns-gc.log").leave(45)
    assert 42 <= now() <= 43
    assert worker.ran[0] == ("ln", "--symbolic", "--force", "nothing", LINK)
    assert not worker.links


def test_a_minute_with_enough_time_left_is_used_further() -> None:
    passes = Passes(Worker(first=42.0), "ns-gc.log")
    passes.leave(45)
    wait.pause(12, because="a first restart")
    passes.leave(45)
    assert now() < 56
    wait.pause(3, because="a first restart that takes longer")
    passes.leave(45)
    assert 102 <= now() <= 103


def test_a_restart_that_the_next_pass_may_have_met_is_not_judged() -> None:
    passes = Passes(Worker(first=42.0), "ns-gc.log")
    not_judged("a start within 60 s of a container", passes.require_none_since, "a start")
    passes.leave(45)
    wait.pause(58, because="a slow restart")
    passes.require_none_since("a start")
    wait.pause(1, because="a slower one")
    words = "rz restarts within 60 s of a container garbage collection on worker-0, before the next"
    not_judged(words, passes.require_none_since, "rz restarts")


def test_a_kubelet_that_collects_nothing() -> None:
    worker = Worker(first=1000.0)
    words = f"the kubelet on worker-0 collects containers: it removes {LINK}: not within 90 s"
    with pytest.raises(WaitTimeout, match=words):
        Passes(worker, "ns-gc.log").leave(45)
    assert not worker.links
