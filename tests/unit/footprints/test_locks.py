"""Turns between processes: shared or alone, first come first served, free when a holder dies."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from infra.footprints import locks
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import ALL, Need, choose

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys, time
from pathlib import Path
from infra.footprints import locks
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import choose
footprint = of_tags(sys.argv[2:])
with locks.held(Path(sys.argv[1]), "another", lambda ahead: choose(footprint, ahead)) as need:
    print("has", need.own_worker, flush=True)
    time.sleep(120)
"""
WORKER_0, WORKER_1 = Need(frozenset({"worker-0"})), Need(frozenset({"worker-1"}))
READER = Need(shared=frozenset({"worker-0"}))
BOTH = Need(frozenset({"worker-0", "worker-1"}))


class Taker:
    """Asks in a thread; ``has`` is set in its turn, which lasts until ``end``."""

    def __init__(self, state: Path, need: Need, log: list[str], name: str = "x") -> None:
        self.has, self._end = Event(), Event()
        self._state, self._need, self._log, self._name = state, need, log, name
        self._thread = Thread(target=self._take, daemon=True)
        before = numbers(state)
        self._thread.start()
        while numbers(state) == before:
            time.sleep(0.005)

    def _take(self) -> None:
        with locks.held(self._state, self._name, lambda _: self._need):
            self._log.append(self._name)
            self.has.set()
            self._end.wait(60)

    def end(self) -> None:
        self._end.set()
        self._thread.join(60)


def numbers(state: Path) -> int:
    return len(list((state / locks.FOLDER).glob("*.json")))


@contextmanager
def another(state: Path, *tags: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-c", HOLD, str(state), *tags]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_who_needs_other_things_does_not_wait(tmp_path: Path) -> None:
    log: list[str] = []
    takers = [Taker(tmp_path, need, log) for need in (WORKER_0, WORKER_1)]
    assert all(one.has.wait(10) for one in takers)
    for one in takers:
        one.end()
    assert numbers(tmp_path) == 0, "numbers are given back"


def test_readers_share_and_a_writer_waits_for_all_of_them(tmp_path: Path) -> None:
    log: list[str] = []
    readers = [Taker(tmp_path, READER, log) for _ in range(2)]
    assert all(one.has.wait(10) for one in readers)
    writer = Taker(tmp_path, WORKER_0, log, "writer")
    readers[0].end()
    assert not writer.has.wait(0.2)
    readers[1].end()
    assert writer.has.wait(10)
    writer.end()


def test_a_writer_that_waits_is_before_readers_that_come_later(tmp_path: Path) -> None:
    log: list[str] = []
    first = Taker(tmp_path, READER, log, "first reader")
    assert first.has.wait(10)
    writer = Taker(tmp_path, WORKER_0, log, "writer")
    later = [Taker(tmp_path, READER, log, "later reader") for _ in range(3)]
    assert not any(one.has.wait(0.1) for one in later)
    first.end()
    assert writer.has.wait(10)
    assert not any(one.has.is_set() for one in later)
    writer.end()
    assert all(one.has.wait(10) for one in later)
    for one in later:
        one.end()
    assert log[:2] == ["first reader", "writer"]


def test_who_waits_holds_nothing_that_others_could_have(tmp_path: Path) -> None:
    """Of two resources one is taken: it waits for both, and who came before is not behind it."""
    log: list[str] = []
    first = Taker(tmp_path, WORKER_0, log)
    assert first.has.wait(10)
    both = Taker(tmp_path, BOTH, log)
    assert not both.has.wait(0.1)
    first.end()
    assert both.has.wait(10)
    both.end()


def test_each_wait_is_told_with_what_it_was_for_and_whom(tmp_path: Path) -> None:
    log: list[str] = []
    first, second = Taker(tmp_path, WORKER_0, log, "a"), Taker(tmp_path, WORKER_1, log, "b")
    assert first.has.wait(10)
    assert second.has.wait(10)
    heard: list[locks.LockWait] = []
    timers = [Timer(0.2, first.end), Timer(0.4, second.end)]
    for timer in timers:
        timer.start()
    with locks.held(tmp_path, "c", lambda _: BOTH, heard=heard.append):
        pass
    assert [(one.resources, one.behind) for one in heard] == [
        (("worker-0",), "a"),
        (("worker-1",), "b"),
    ]
    assert 0.3 < sum(one.seconds for one in heard) < 10
    with locks.held(tmp_path, "d", lambda _: BOTH, heard=heard.append):
        assert len(heard) == 2, "who does not wait tells nothing"


def test_opposite_orders_of_asking_never_stand_still(tmp_path: Path) -> None:
    ended: list[int] = []

    def many(number: int, needs: list[Need]) -> None:
        for need in needs * 10:
            with locks.held(tmp_path, f"{number}", lambda _, need=need: need):  # type: ignore[misc]
                pass
        ended.append(number)

    orders = [[WORKER_0, BOTH, WORKER_1], [WORKER_1, BOTH, READER], [ALL, READER, WORKER_1]]
    threads = [Thread(target=many, args=pair, daemon=True) for pair in enumerate(orders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == [0, 1, 2]
    assert numbers(tmp_path) == 0


def test_the_turn_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with another(tmp_path, "changes_worker_0") as holder:
        assert line_of(holder) == "has worker-0"
        log: list[str] = []
        waiting = Taker(tmp_path, WORKER_0, log)
        assert not waiting.has.wait(0.2)
        holder.send_signal(signal.SIGKILL)
        assert waiting.has.wait(10), "it wakes up by itself"
        waiting.end()
    assert numbers(tmp_path) == 0


def test_one_that_is_killed_while_it_waits_keeps_nobody(tmp_path: Path) -> None:
    log: list[str] = []
    first = Taker(tmp_path, WORKER_0, log)
    with another(tmp_path, "changes_every_worker") as waiting:
        while numbers(tmp_path) < 2:
            time.sleep(0.01)
        last = Taker(tmp_path, WORKER_1, log)
        assert not last.has.wait(0.2), "it came after who waits for both"
        waiting.send_signal(signal.SIGKILL)
        assert last.has.wait(10)
        last.end()
    first.end()


def test_processes_that_take_a_worker_each_get_another_one(tmp_path: Path) -> None:
    with ExitStack() as stack:
        pair = [stack.enter_context(another(tmp_path, "changes_a_worker")) for _ in range(2)]
        assert {line_of(one) for one in pair} == {"has worker-0", "has worker-1"}


def test_an_error_gives_the_turn_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locks.held(tmp_path, "one", lambda _: ALL):
        raise KeyError
    assert locks.told(tmp_path) == []


def test_status_tells_who_holds_and_who_waits(tmp_path: Path) -> None:
    assert locks.told(tmp_path / "no cluster") == []
    log: list[str] = []
    footprint = of_tags(["changes_worker_0", "relies_on_cluster_scoped_devices"])
    holder = Taker(tmp_path, choose(footprint, []), log, "gw0: a kubelet restarts")
    waiting = Taker(tmp_path, READER, log, "gw1: a Pod runs")
    first, second = locks.told(tmp_path)
    assert re.fullmatch(
        r"holds worker-0 alone, shares devices of nodes: gw0: a kubelet restarts \(pid \d+\), "
        r"for \d s",
        first,
    )
    assert re.fullmatch(
        r"waits for worker-0, which gw0: a kubelet restarts has: gw1: a Pod runs \(.*", second
    )
    holder.end()
    assert waiting.has.wait(10)
    waiting.end()
