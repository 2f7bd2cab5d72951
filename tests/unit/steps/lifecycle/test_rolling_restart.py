"""API servers restarted in turn: every Then-step goes red, as one understands."""

import threading
from dataclasses import replace
from typing import Any, cast

import pytest

from infra.clients.apimachinery.informer import Watching
from infra.clients.controlplane import lease_holders as holding
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.controlplane.lease_holders import Move, Restarts
from infra.clients.controlplane.leases import Lease
from infra.clients.lifecycle import availability_probe
from infra.clients.lifecycle.availability_probe import Asked, Asking
from infra.clients.transport.systemd import Unit
from infra.errors import NotPrepared, WaitTimeout
from infra.kube_api import ApiUnreachable
from infra.machine_layout import SERIES
from suite.etcd.configmap_writer import Writer, Written
from tests.steps.lifecycle import rolling_restart
from tests.steps.lifecycle.rolling_restart import Drill, Watched
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, evidence, goes_red, not_judged


def live() -> Any:
    made = cluster()
    made.reached_at = str
    return made


class Over(Asking):
    """A client that has ended; ``asked`` is what it saw, since ``began``."""

    def __init__(self, *asked: Asked, began: float = 0.0) -> None:
        self._began = began
        self._asked = list(asked)

    def close(self) -> None:
        pass


def good(at: float) -> Asked:
    return Asked(at, at + 0.1, "")


def bad(at: float) -> Asked:
    return Asked(at, at + 0.1, "refused")


def test_two_servers_away_at_once() -> None:
    one, two, three = Over(good(0), bad(1), good(3)), Over(good(0), bad(4)), Over(good(0), bad(9))
    beside: Any = {"a": Over(*map(good, range(60)))}, drill(), evidence()
    two_up: Any = {"a": one, "b": Over(good(0), bad(4), good(5)), "c": three}
    rolling_restart.ready_at_any_time(live(), two_up, *beside)
    servers: Any = {"a": one, "b": two, "c": three}
    step = rolling_restart.ready_at_any_time
    goes_red("1 API servers were ready at 9.0 s", step, live(), servers, *beside)
    with pytest.raises(NotPrepared, match="a restart was not seen at all"):
        step(live(), {"a": Over(good(0))}, *beside)


class Kept(Watching):
    """A watch that has ended."""

    def __init__(self, *names: str, broken: int = 1) -> None:
        self.names, self.broken = set(names), ["refused"] * broken


class Made(Writer):
    """A writer that has ended."""

    def __init__(self, *names: str) -> None:
        self._written = [Written(name, 1) for name in names]
        self.failures = ["numbered-0: refused"]

    def close(self) -> None:
        pass


def test_a_watch_that_misses_an_object() -> None:
    whole, gap = Kept("a", "b", "c"), Kept("a", broken=0)
    rolling_restart.watches_saw_all(Watched(Made("a", "b"), (whole, whole)), evidence(), 20)
    with pytest.raises(WaitTimeout, match="watch 1 missed b"):
        rolling_restart.watches_saw_all(Watched(Made("a", "b"), (whole, gap)), evidence(), 20)
    never = Watched(Made("a"), (Kept("a", broken=0),))
    not_judged("no watch was broken off", rolling_restart.watches_saw_all, never, evidence(), 20)
    not_judged(
        "no object was made",
        rolling_restart.watches_saw_all,
        Watched(Made(), (whole,)),
        evidence(),
        20,
    )


class Stream(FakeApi):
    """A server whose watches give these events, and then an error if there is one."""

    def __init__(self, *events: Any, error: str = "") -> None:
        super().__init__({"/c": {"metadata": {"resourceVersion": "9"}, "items": [item("old")]}})
        self.events, self.error = events, error

    def at(self, _: str) -> "Stream":
        return self

    def watch(self, path: str, *, seconds: int, **params: str) -> Any:
        self.asked.append((path, params["resourceVersion"], seconds))
        yield from self.events
        if self.error:
            raise ApiUnreachable(self.error)


def item(name: str, version: str = "10") -> Any:
    return {"metadata": {"name": name, "resourceVersion": version}}


def test_a_watch_goes_on_where_it_broke_off() -> None:
    api = Stream({"type": "ADDED", "object": item("new")}, error="connection reset")
    watch = Watching(api, "/c")
    watch.follow()
    watch.follow()
    assert watch.names == {"old", "new"}
    assert watch.broken == ["connection reset"] * 2
    assert [one[1] for one in api.asked if one[0] == "/c"] == ["9", "10"]
    gone = Stream({"type": "ERROR", "object": {"code": 410}})
    other = Watching(gone, "/c")
    other.follow()
    other.follow()
    assert [one[1] for one in gone.asked if one[0] == "/c"] == ["9", "9"], "it is listed anew"
    short = Watching(Stream(), "/c")
    short.follow()
    assert short.broken == ["it ended before its time"]


def drill(*moves: Move, begun: float = 5.0, pid: int = 8) -> Drill:
    held = type("H", (), {"close": lambda _: None, "moves": lambda _: list(moves)})()
    restarts = Restarts({"controller-0": begun}, {"controller-0": 20.0})
    return Drill(seen(pid), restarts, cast("Any", held))


def seen(pid: int) -> Bystanders:
    unit = Unit("controller-0", "etcd", "active", pid, 1, 1, 0)
    return Bystanders({("controller-0", "etcd"): unit}, {})


def test_what_restarts_of_api_servers_must_not_touch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling_restart.control_plane_snapshot, "look", lambda *_, **__: seen(8))
    left = Move(30.0, "kube-scheduler", "controller-0", "controller-1")
    rolling_restart.others_untouched(live(), drill(left))
    step = rolling_restart.others_untouched
    goes_red("etcd on controller-0: process 7 is now 8", step, live(), drill(pid=7))
    says = (
        "touch nothing else; instead: the Lease kube-scheduler left controller-0 for controller-1"
    )
    goes_red(says, step, live(), drill(left, begun=31.0))
    goes_red(says, step, live(), drill(replace(left, at=90.0)))
    goes_red("left controller-2 for", step, live(), drill(replace(left, left="controller-2")))


def test_moves_of_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Stream()
    holders = iter(["controller-0_a", "x", "controller-0_b", "x", "", "x", "controller-2_c", "x"])
    lease = Lease("kube-scheduler", "", 0, 15, None, None)

    def read(_: Any, name: str) -> Lease:
        return replace(lease, name=name, holder=next(holders))

    monkeypatch.setattr(holding.leases, "read", read)
    found = holding.Holders(api, SERIES.leases.elected)
    for _ in range(4):
        found._look()
    moves = [(m.lease, m.left, m.taken_by) for m in found.moves()]
    assert moves == [("kube-controller-manager", "controller-0", "controller-2")]


def test_a_client_asks_at_its_pace_until_it_is_closed() -> None:
    answers = iter(["", "refused"])
    client = Asking(lambda: next(answers, ""), a_second=200).open()
    while len(client.asked) < 3:
        pass
    client.close()
    assert [one.wrong for one in client.asked[:3]] == ["", "refused", ""]


def test_a_client_that_may_ask_at_once_keeps_its_pace() -> None:
    """Answers that take long delay no question: each of the first four waits for the fourth."""
    four = threading.Barrier(4)

    def ask() -> str:
        four.wait(5)
        return ""

    client = Asking(ask, a_second=200, at_once=4).open()
    while len(client.asked) < 4:
        pass
    four.abort()
    client.close()
    assert [one.wrong for one in client.asked[:4]] == [""] * 4
    assert client.asked == tuple(sorted(client.asked, key=lambda one: one.at))


def test_what_is_wrong_with_an_answer() -> None:
    class Bare(FakeApi):
        def at(self, base: str) -> "Bare":
            return self

    assert availability_probe.trouble(Bare({"/version": {}}), "/version", alone=True) == ""
    assert availability_probe.trouble(Bare({}), "/version", alone=True).startswith("404")
