"""The waiting floor: how long a run lasts at least, because Kubernetes itself takes its time.

A scenario's share is what it waited through infra/wait.py. Disruptive scenarios wait one after
another, after the parallel ones, of which the longest counts. Of several clusters the one that
waited longest counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.feature_claims import LANES
from infra.report.model import Scenario, Wait


@dataclass(frozen=True)
class Lane:
    """What ran in a lane: how many, the time they took and waited, all and the longest."""

    name: str
    count: int
    seconds: float
    waited: float
    longest: float


@dataclass(frozen=True)
class Floor:
    lanes: tuple[Lane, ...]
    wall: float
    seconds: float

    @property
    def ratio(self) -> float:
        """Wall time as a multiple of the floor; 0 when nothing waited."""
        return self.wall / self.seconds if self.seconds else 0.0


def of(scenarios: Sequence[Scenario]) -> Floor:
    ran = [scenario for scenario in scenarios if scenario.ran]
    wall = max((s.ended for s in ran), default=0.0) - min((s.started for s in ran), default=0.0)
    clusters = {scenario.cluster for scenario in ran}
    least = [of_a_cluster([s for s in ran if s.cluster == one]) for one in clusters]
    return Floor(lanes(ran), wall, max(least, default=0.0))


def of_a_cluster(ran: Sequence[Scenario]) -> float:
    waited = {name: [s.waited for s in ran if s.lane == name] for name in LANES}
    longest = max(waited["parallel"], default=0.0)
    return sum(waited["disruptive"]) + longest


def lanes(ran: Sequence[Scenario]) -> tuple[Lane, ...]:
    """Those that had scenarios."""
    found = [lane(name, [s for s in ran if s.lane == name]) for name in LANES]
    return tuple(one for one in found if one.count)


def lane(name: str, scenarios: Sequence[Scenario]) -> Lane:
    waited = [scenario.waited for scenario in scenarios]
    took = sum(scenario.seconds for scenario in scenarios)
    return Lane(name, len(scenarios), took, sum(waited), max(waited, default=0.0))


def longest_waits(scenarios: Iterable[Scenario], count: int = 12) -> list[tuple[Scenario, Wait]]:
    """The waits that took the most time, with the scenario each belongs to."""
    found = [(scenario, wait) for scenario in scenarios for wait in scenario.waits]
    return sorted(found, key=lambda pair: -pair[1].seconds)[:count]
