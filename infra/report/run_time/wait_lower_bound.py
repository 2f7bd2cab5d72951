"""The waiting floor: how long a run lasts at least, because Kubernetes itself takes its time.

A scenario's share is what it waited through infra/wait.py. Those that nobody may run beside wait
one after another, and so do those that change the same thing; of the rest the longest counts. Of
several clusters the one that waited longest counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.feature_claims import LANES
from infra.footprints.footprint import Footprint, of_tags
from infra.footprints.footprint_tags import A_WORKER, WORKERS
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
    footprints = [(scenario, of_tags(scenario.tags)) for scenario in ran]
    alone = sum(s.waited for s, of in footprints if is_alone(s, of))
    beside = [(s.waited, of) for s, of in footprints if not is_alone(s, of)]
    longest = max((waited for waited, _ in beside), default=0.0)
    return alone + max(longest, one_after_another(beside))


def is_alone(scenario: Scenario, footprint: Footprint) -> bool:
    """Also the disruptive scenarios of a run from before footprints."""
    return footprint.is_alone or (scenario.lane == "disruptive" and not footprint.changes)


def one_after_another(beside: Iterable[tuple[float, Footprint]]) -> float:
    """The longest that those wait together that change the same thing; of workers there are some,
    and who changes one may have any.
    """
    sums: dict[str, float] = defaultdict(float)
    for waited, footprint in beside:
        workers = len(footprint.exclusive & set(WORKERS)) or int(footprint.takes_a_worker)
        sums[A_WORKER] += waited * workers / len(WORKERS)
        for name in footprint.exclusive:
            sums[name] += waited
    return max(sums.values(), default=0.0)


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
