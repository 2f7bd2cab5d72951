"""Locks on resources between processes: many share one or one has it alone; first come, first
served.

A scenario asks for all that it needs at once and takes a number. It has its turn when nobody with
a smaller number, who runs or waits, needs what it needs. So nobody holds a part and waits for the
rest (no deadlock), and nobody who came later is before who waits (no starvation). A number is a
file that its holder locks: the kernel frees it when the holder dies, however it dies
(docs/adr/0018).
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.computer import file_lock
from infra.footprints.footprint_tags import IMPLIED
from infra.footprints.held_resources import Need

FOLDER = "turns"
"""Of the cluster's state."""
ORDER = "order.lock"
"""Held for the moment in which numbers are read, taken or given back."""


@dataclass(frozen=True)
class Ticket:
    """Who asked for what, and when (seconds since the epoch)."""

    path: Path
    who: str
    pid: int
    since: float
    need: Need

    @property
    def number(self) -> int:
        return int(self.path.stem)


@dataclass(frozen=True)
class LockWait:
    """A wait for a turn: the resources that kept it from beginning, and who had them."""

    resources: tuple[str, ...]
    behind: str
    seconds: float


def unheard(_wait: LockWait) -> None:
    return


@contextmanager
def held(
    state: Path,
    who: str,
    choose: Callable[[Sequence[Need]], Need],
    *,
    heard: Callable[[LockWait], None] = unheard,
) -> Iterator[Need]:
    """Waits for its turn, and has it until the end of the block.

    ``choose`` is told what those ahead need, and says what this one does. ``heard`` is told each
    wait, one for each that it waited for.
    """
    folder = state / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with file_lock.locked(folder / ORDER):
        ahead = living(folder)
        need = choose([one.need for one in ahead])
        path = folder / f"{ahead[-1].number + 1 if ahead else 1:06}.json"
        file = path.open("w")
        file_lock.take(file)
        file.write(written(who, need))
        file.flush()
    try:
        while first := first_ahead(folder, int(path.stem), need):
            began = time.monotonic()
            await_end(first)
            heard(lock_wait(first, need, time.monotonic() - began))
        yield need
    finally:
        with file_lock.locked(folder / ORDER):
            path.unlink(missing_ok=True)
        file.close()


def lock_wait(first: Ticket, need: Need, seconds: float) -> LockWait:
    return LockWait(tuple(sorted(first.need.conflicts(need))), first.who, round(seconds, 2))


def written(who: str, need: Need) -> str:
    shared, exclusive = sorted(need.shared), sorted(need.exclusive)
    told = {"who": who, "pid": os.getpid(), "since": time.time()}
    return json.dumps({**told, "exclusive": exclusive, "shared": shared})


def living(folder: Path) -> list[Ticket]:
    """In order; what the dead have left is removed. To be asked with ORDER locked."""
    found = []
    for path in sorted(folder.glob("*.json")):
        if file_lock.is_free(path):
            path.unlink(missing_ok=True)
        else:
            found.append(ticket(path))
    return found


def ticket(path: Path) -> Ticket:
    told = json.loads(path.read_text())
    need = Need(frozenset(told["exclusive"]), frozenset(told["shared"]))
    return Ticket(path, told["who"], told["pid"], told["since"], need)


def first_ahead(folder: Path, number: int, need: Need) -> Ticket | None:
    """Who has to end before this one may begin."""
    with file_lock.locked(folder / ORDER):
        return in_the_way(living(folder), number, need)


def in_the_way(tickets: Sequence[Ticket], number: int, need: Need) -> Ticket | None:
    ahead = (one for one in tickets if one.number < number)
    return next((one for one in ahead if one.need.conflicts(need)), None)


def await_end(one: Ticket) -> None:
    """Returns when its holder gave it back, or died."""
    try:
        file = one.path.open()
    except FileNotFoundError:
        return
    with file:
        file_lock.take(file, shared=True)


def told(state: Path, now: float | None = None) -> list[str]:
    """Who holds what, and who waits for whom, a line each."""
    folder = state / FOLDER
    if not folder.exists():
        return []
    with file_lock.locked(folder / ORDER):
        tickets = living(folder)
    at = time.time() if now is None else now
    return [line(one, in_the_way(tickets, one.number, one.need), at) for one in tickets]


def holders(state: Path) -> set[str]:
    """The processes that have or await a turn: what stands before the colon of who they are."""
    folder = state / FOLDER
    with file_lock.locked(folder / ORDER):
        return {one.who.partition(":")[0] for one in living(folder)}


def line(one: Ticket, before: Ticket | None, now: float) -> str:
    alone = ", ".join(sorted(one.need.exclusive)) or "nothing"
    shares = ", ".join(sorted(one.need.shared - set(IMPLIED))) or "what all rely on"
    end = f"{one.who} (pid {one.pid}), for {now - one.since:.0f} s"
    if before is None:
        return f"holds {alone} alone, shares {shares}: {end}"
    on = ", ".join(sorted(before.need.conflicts(one.need)))
    return f"waits for {on}, which {before.who} has: {end}"
