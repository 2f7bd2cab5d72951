"""A client that asks at a steady pace and never twice for an answer: outages have a length."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from infra.clients.transport.paced_thread import Paced
from infra.errors import require
from infra.kube_api import TIMEOUT, Api, ApiUnreachable
from infra.timing import scaled
from infra.wait import SYSTEM, Clock

SILENT = 2.0
"""Seconds without any answer, of two questions a second: of an API server that runs, that is the
computer's fault, which has its clients, too."""
Span = tuple[float, float]
"""From one moment to another, in seconds since the beginning."""


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

    def since(self, moment: float) -> float:
        """A moment of the clock as ``asked`` tells times."""
        return moment - self._began

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


def longest_gap(asked: Sequence[Asked], lost: Sequence[Span] = ()) -> float:
    """The longest time, in seconds, between two good answers; without what was ``lost`` in it."""
    good = sorted(one.answered for one in asked if not one.wrong)
    if not good:
        return float("inf")
    ends = [0.0, *good, max(one.answered for one in asked)]
    return max(b - a - shared((a, b), lost) for a, b in pairwise(ends))


def longest_outage(asked: Sequence[Asked], *, apart: float) -> float:
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


def worst(asked: Sequence[Asked], *, apart: float, lost: Sequence[Span] = ()) -> float:
    """The longest outage or silence, in seconds.

    What failed while others were ``lost``, too, is no failure, and that time no silence.
    """
    return max(longest_outage(kept(asked, lost), apart=apart), longest_gap(asked, lost))


def kept(asked: Sequence[Asked], lost: Sequence[Span]) -> tuple[Asked, ...]:
    """Without failures while others were ``lost``, too."""
    return tuple(one for one in asked if not one.wrong or not shared((one.at, one.answered), lost))


def lost_anyway(
    client: Asking, direct: Mapping[str, Asking], away: Callable[[str], Span]
) -> list[Span]:
    """When no answer came for long to who asks an API server ``direct``, by machine, that was not
    ``away`` just then (by the clock); in the client's time.
    """
    found: list[Span] = []
    for machine, asking in direct.items():
        asking.close()
        begin, end = map(asking.since, away(machine))
        later = client.since(0.0) - asking.since(0.0)
        spans = unanswered(asking.asked, over=scaled(SILENT), but=(begin, end))
        found += [(a + later, b + later) for a, b in spans]
    return merged(found)


def without_load(
    probes: Mapping[str, Asking], direct: Mapping[str, Asking], away: Callable[[str], Span]
) -> dict[str, tuple[Asked, ...]]:
    """What probes saw, but what others lost as well, by machine."""
    return {m: kept(one.asked, lost_anyway(one, direct, away)) for m, one in probes.items()}


def unanswered(asked: Sequence[Asked], *, over: float, but: Span) -> list[Span]:
    """When no answer came for more than ``over`` seconds; none of it in ``but``.

    Any answer is one, a refusal too: a computer that has no time for anybody gives none.
    """
    answers = [min(one.at for one in asked), *sorted(one.answered for one in asked)]
    return [(a, b) for a, b in pairwise(answers) if b - a > over and not shared((a, b), [but])]


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, and none over another."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def shared(span: Span, others: Sequence[Span]) -> float:
    """Seconds of ``span`` that are also in one of ``others``, which are merged."""
    return sum(max(0.0, min(span[1], end) - max(span[0], begin)) for begin, end in others)


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
