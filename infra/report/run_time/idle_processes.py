"""Processes without a scenario: how many worked over time, and what kept the others from it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from infra.footprints.held_resources import Need
from infra.report.model import Scenario
from infra.report.run_time.held import need

NOTHING_LEFT = "nothing left to run on its cluster"
BETWEEN = "between scenarios: nothing was in the way of the next one"
BUILDING = "its cluster was being built"


@dataclass(frozen=True)
class Segment:
    """A time in which the same scenarios ran on a cluster: ``busy`` are the processes that had one,
    ``causes`` what kept the next one from beginning.
    """

    begin: float
    end: float
    busy: frozenset[str]
    causes: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return self.end - self.begin


def over_time(scenarios: Iterable[Scenario]) -> list[tuple[float, int]]:
    """Times of day, each with the number of processes that have a scenario from then on."""
    changes: dict[float, int] = defaultdict(int)
    for scenario in scenarios:
        if scenario.ran:
            changes[scenario.started] += 1
            changes[scenario.ended] -= 1
    found, now = [], 0
    for at in sorted(changes):
        now += changes[at]
        found.append((at, now))
    return found


def causes(scenarios: Iterable[Scenario]) -> list[tuple[str, float]]:
    """Seconds of processes without a scenario by cause, most first.

    A resource is the cause while the next scenario of the cluster could not run beside those that
    ran, on its account; of several causes each has its part.
    """
    ran = [scenario for scenario in scenarios if scenario.ran]
    low, high = min((s.started for s in ran), default=0.0), max((s.ended for s in ran), default=0.0)
    found: dict[str, float] = defaultdict(float)
    for cluster in sorted({s.cluster for s in ran}):
        mine = sorted((s for s in ran if s.cluster == cluster), key=lambda s: s.started)
        processes = {s.place for s in mine}
        for one in segments(mine, low, high):
            idle = len(processes - one.busy) * one.seconds
            for cause in one.causes:
                found[cause] += idle / len(one.causes)
    told = ((cause, seconds) for cause, seconds in found.items() if seconds >= 1)
    return sorted(told, key=lambda pair: -pair[1])


def segments(mine: Sequence[Scenario], low: float, high: float) -> Iterator[Segment]:
    """Of a cluster, whose scenarios are in the order in which they began."""
    needs = {scenario.id: need(scenario) for scenario in mine}
    times = sorted({low, high, *(at for s in mine for at in (s.started, s.ended))})
    for begin, end in pairwise(times):
        running = [s for s in mine if s.started <= begin < s.ended]
        waiting = next((s for s in mine if s.started > begin), None)
        building = bool(mine[0].cluster) and mine[0].started > begin
        why = (BUILDING,) if building else in_the_way(waiting, running, needs)
        yield Segment(begin, end, frozenset(s.place for s in running), why)


def in_the_way(
    waiting: Scenario | None, running: Iterable[Scenario], needs: Mapping[str, Need]
) -> tuple[str, ...]:
    if waiting is None:
        return (NOTHING_LEFT,)
    mine = needs[waiting.id]
    names = {name for one in running for name in mine.conflicts(needs[one.id])}
    return tuple(sorted(names)) or (BETWEEN,)


@dataclass(frozen=True)
class WaitsForLock:
    """All waits of scenarios for a turn on account of a resource."""

    resource: str
    count: int
    seconds: float
    longest: float


def lock_waits(scenarios: Iterable[Scenario]) -> list[WaitsForLock]:
    """As the locks told them, most seconds first; one for two resources counts for each."""
    found: dict[str, list[float]] = defaultdict(list)
    for wait in (wait for scenario in scenarios for wait in scenario.lock_waits):
        for resource in wait.resources:
            found[resource].append(wait.seconds)
    told = [WaitsForLock(name, len(of), sum(of), max(of)) for name, of in found.items()]
    return sorted(told, key=lambda one: -one.seconds)
