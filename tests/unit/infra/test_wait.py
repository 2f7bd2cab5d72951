"""Waiting takes no time here: the clock is a parameter."""

from collections.abc import Callable, Iterator

import pytest

from infra import wait
from infra.errors import Changed, GaveUp, WaitTimeout
from infra.wait import consistently, eventually


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def series(*values: object) -> Callable[[], object]:
    left: Iterator[object] = iter(values)
    last = values[-1]

    def observe() -> object:
        value = next(left, last)
        if isinstance(value, Exception):
            raise value
        return value

    return observe


def test_eventually_returns_the_value_that_satisfied() -> None:
    assert eventually(series(1, 2, 3), lambda v: v == 3, within=5, what="x", clock=FakeClock()) == 3


def test_eventually_looks_once_more_at_the_deadline() -> None:
    clock = FakeClock()
    got = eventually(series(1, 1, 2), lambda v: v == 2, within=2, what="x", clock=clock)
    assert (got, clock.seconds) == (2, 2)


def test_a_timeout_tells_the_history_of_changes() -> None:
    with pytest.raises(WaitTimeout) as caught:
        eventually(
            series("a", "a", "b"), lambda v: v == "c", within=3, what="c comes", clock=FakeClock()
        )
    told = "c comes: not within 3 s; last seen: 'b'\n  +0.0 s  'a'\n  +2.0 s  'b'"
    assert str(caught.value) == told


def test_only_listed_errors_are_looked_past() -> None:
    with pytest.raises(KeyError):
        eventually(
            series(KeyError("bug"), 1),
            lambda v: v == 1,
            within=3,
            what="x",
            transient=(OSError,),
            clock=FakeClock(),
        )
    looked_past = eventually(
        series(OSError("refused"), 1),
        lambda v: v == 1,
        within=3,
        what="x",
        transient=(OSError,),
        clock=FakeClock(),
    )
    assert looked_past == 1


def test_giving_up_ends_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(GaveUp, match="can no longer happen"):
        eventually(
            series("failed"),
            lambda v: v == "ok",
            within=60,
            what="x",
            giving_up_if=lambda v: v == "failed",
            clock=clock,
        )
    assert clock.seconds == 0


def test_consistently_needs_every_look() -> None:
    with pytest.raises(Changed, match="did not stay for 4 s"):
        consistently(series(1, 1, 2), lambda v: v == 1, lasting=4, what="x", clock=FakeClock())
    clock = FakeClock()
    assert consistently(series(1), lambda v: v == 1, lasting=4, what="x", clock=clock) == 1
    assert clock.seconds == 4


def test_a_wait_is_told_also_when_it_was_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[wait.Waited] = []
    monkeypatch.setattr(wait, "listeners", [heard.append])
    with pytest.raises(WaitTimeout):
        eventually(lambda: 1, lambda v: v == 2, within=3, what="two comes", clock=FakeClock())
    consistently(lambda: 1, lambda v: v == 1, lasting=2, what="one stays", clock=FakeClock())
    assert heard == [
        wait.Waited("two comes", "within", 3, 3),
        wait.Waited("one stays", "for", 2, 2),
    ]
