"""The one module that sleeps: ``eventually`` (becomes true) and ``consistently`` (stays true).

Both observe, judge and remember what changed; the history is the message of the error.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from infra.errors import Changed, GaveUp, WaitTimeout

T = TypeVar("T")
SHOWN = 200
"""Characters of an observed value in a history line: enough for a condition, short for a report."""
HISTORY = 40
"""Lines of it; the first and the last tell the story, the middle rarely does."""


class Clock(Protocol):
    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


SYSTEM = SystemClock()


@dataclass(frozen=True)
class Waited:
    """A wait that ended: ``within`` its bound something came, or ``for`` its bound it stayed."""

    what: str
    kind: Literal["within", "for"]
    bound: float
    seconds: float


Listener = Callable[[Waited], None]
listeners: list[Listener] = []
"""Who hears of waits; the record of a scenario does (fixtures/plugin/evidence.py)."""


@contextmanager
def told(
    what: str, kind: Literal["within", "for"], bound: float, clock: Clock = SYSTEM
) -> Iterator[None]:
    """Says of the block that it was a wait: a command that ends when something has come."""
    start = clock.now()
    try:
        yield
    finally:
        waited = Waited(what, kind, bound, clock.now() - start)
        for listener in listeners:
            listener(waited)


class History:
    """Changes of an observed value, with seconds since the start."""

    def __init__(self, start: float) -> None:
        self._start = start
        self.changes: list[tuple[float, str]] = []

    def add(self, now: float, seen: str) -> None:
        if not self.changes or self.changes[-1][1] != seen:
            self.changes.append((now - self._start, seen))

    def __str__(self) -> str:
        lines = [f"  +{at:.1f} s  {seen}" for at, seen in self.changes]
        if (more := len(lines) - HISTORY) > 0:
            half = HISTORY // 2
            lines = [*lines[:half], f"  ... {more} more changes ...", *lines[-half:]]
        return "\n".join(lines)

    def tells(self, verdict: str) -> str:
        """A message whose first line, all that a summary shows, has what was seen last."""
        return f"{verdict}; last seen: {self.changes[-1][1]}\n{self}"


def eventually(
    observe: Callable[[], T],
    until: Callable[[T], bool],
    *,
    within: float,
    what: str,
    every: float = 1.0,
    giving_up_if: Callable[[T], bool] = lambda _: False,
    transient: tuple[type[Exception], ...] = (),
    clock: Clock = SYSTEM,
) -> T:
    """The observed value that satisfies ``until``, seen within ``within`` seconds.

    There is always one look at the deadline itself. Only ``transient`` errors are looked past.

    Errors: WaitTimeout and GaveUp with the history of changes; any other error of ``observe``.
    """
    with told(what, "within", within, clock):
        start = clock.now()
        history = History(start)
        while True:
            last_look = clock.now() >= start + within
            try:
                value = observe()
            except transient as error:
                history.add(clock.now(), f"{type(error).__name__}: {error}"[:SHOWN])
            else:
                history.add(clock.now(), repr(value)[:SHOWN])
                if until(value):
                    return value
                if giving_up_if(value):
                    raise GaveUp(history.tells(f"{what}: can no longer happen"))
            if last_look:
                raise WaitTimeout(history.tells(f"{what}: not within {within:g} s"))
            clock.sleep(min(every, max(0.0, start + within - clock.now())))


def consistently(
    observe: Callable[[], T],
    holds: Callable[[T], bool],
    *,
    lasting: float,
    what: str,
    every: float = 1.0,
    clock: Clock = SYSTEM,
) -> T:
    """The last observed value, after every look during ``lasting`` seconds satisfied ``holds``.

    Errors: Changed with the history of changes; any error of ``observe``.
    """
    with told(what, "for", lasting, clock):
        start = clock.now()
        history = History(start)
        while True:
            last_look = clock.now() >= start + lasting
            value = observe()
            history.add(clock.now(), repr(value)[:SHOWN])
            if not holds(value):
                raise Changed(history.tells(f"{what}: did not stay for {lasting:g} s"))
            if last_look:
                return value
            clock.sleep(min(every, max(0.0, start + lasting - clock.now())))


def pause(seconds: float, *, because: str, clock: Clock = SYSTEM) -> None:
    """A deliberate wait, for sampling loops that record rather than judge; ``because`` says why."""
    assert because
    with told(because, "for", seconds, clock):
        clock.sleep(seconds)
