"""A client that asks at a steady pace and never twice for an answer: outages have a length."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from infra.clients.transport.paced_thread import Paced
from infra.errors import require
from infra.kube_api import TIMEOUT, Api, ApiUnreachable
from infra.wait import SYSTEM, Clock


@dataclass(frozen=True)
class Asked:
    """When it was asked, when it was answered (seconds since the beginning), and what is wrong."""

    at: float
    answered: float
    wrong: str


class Asking:
    """Calls ``ask`` so many times a second from a thread; an empty answer is a good one.

    An answer that takes long delays the next question, unless more may be asked ``at_once``: only
    then is the pace that of the clock.
    """

    def __init__(
        self, ask: Callable[[], str], *, a_second: float, at_once: int = 1, clock: Clock = SYSTEM
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._began = clock.now()
        self._asked: list[Asked] = []
        self._pool = ThreadPoolExecutor(at_once) if at_once > 1 else None
        because = "the pace of the client is part of the claim"
        do = self._once if self._pool is None else self._begin
        self._paced = Paced(do, a_second=a_second, because=because, clock=clock)

    def open(self) -> "Asking":
        self._paced.open()
        return self

    def close(self) -> None:
        """Returns when every question was answered."""
        self._paced.close()
        if self._pool is not None:
            self._pool.shutdown()

    @property
    def asked(self) -> tuple[Asked, ...]:
        """In the order of the questions."""
        return tuple(sorted(self._asked, key=lambda one: one.at))

    def _begin(self) -> None:
        if self._pool is not None:
            self._pool.submit(self._once)

    def between(self, begin: float, end: float) -> list[Asked]:
        """What was asked from one moment of the clock to another."""
        return [one for one in self.asked if begin <= self._began + one.at <= end]

    def _once(self) -> None:
        at = self._clock.now() - self._began
        wrong = self._ask()
        self._asked.append(Asked(at, self._clock.now() - self._began, wrong))


def trouble(api: Api, path: str, *, alone: bool = False, timeout: float = TIMEOUT) -> str:
    """What is wrong with one answer, empty for a good one; ``alone``: on a connection of its own.

    ``timeout`` is seconds.
    """
    try:
        answer = (api.at(api.base) if alone else api).ask("GET", path, timeout=timeout)
    except ApiUnreachable as error:
        return str(error)[:200]
    return "" if answer.ok else f"{answer.status} {answer.message[:100]}"


def longest_gap(asked: tuple[Asked, ...]) -> float:
    """The longest time, in seconds, between two good answers."""
    good = sorted(one.answered for one in asked if not one.wrong)
    if not good:
        return float("inf")
    ends = [0.0, *good, max(one.answered for one in asked)]
    return max(b - a for a, b in pairwise(ends))


def longest_outage(asked: tuple[Asked, ...], *, apart: float) -> float:
    """The longest time, in seconds, in which failures came less than ``apart`` from each other.

    One server of three that is away fails every third request: good answers lie between.
    """
    longest, begun, last = 0.0, 0.0, float("-inf")
    for one in asked:
        if one.wrong:
            begun = begun if one.at - last < apart else one.at
            last = max(last, one.answered)
            longest = max(longest, last - begun)
    return longest


def worst(asked: tuple[Asked, ...], *, apart: float) -> float:
    """The longest outage or silence, in seconds."""
    return max(longest_outage(asked, apart=apart), longest_gap(asked))


def counted(asked: dict[str, tuple[Asked, ...]]) -> list[tuple[str, int, int]]:
    """By name: how often it was asked, how often without a good answer.

    Errors: AssertionError when one was always good: its restart was not seen at all.
    """
    rows = [(name, len(f), sum(bool(one.wrong) for one in f)) for name, f in asked.items()]
    require(all(failed for _, _, failed in rows), f"a restart was not seen at all: {rows}")
    return rows


def fewest_at_once(asked: dict[str, tuple[Asked, ...]]) -> tuple[int, float]:
    """How many were good at the worst moment, and when that was; between looks the last counts."""
    looks = sorted((one.at, name, not one.wrong) for name, found in asked.items() for one in found)
    state: dict[str, bool] = {}
    fewest, when = len(asked), 0.0
    for at, name, good in looks:
        state[name] = good
        if len(state) == len(asked) and sum(state.values()) < fewest:
            fewest, when = sum(state.values()), at
    return fewest, when
