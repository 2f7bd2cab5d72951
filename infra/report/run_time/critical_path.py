"""The critical path: the scenarios, one after the other, that kept a run from ending earlier.

From the one that ended last each is told after which it could begin: the last to end of those that
it could not run beside, or of those that its process ran before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.footprints.held_resources import Need
from infra.report.model import Scenario
from infra.report.run_time.held import need

SLACK = 2.0
"""Seconds by which a record may end after its turn did, on which the next one began."""


FIRST, SAME_PROCESS = "nothing: the first of the path", "the same process"


@dataclass(frozen=True)
class Link:
    """A scenario of the path. ``after`` is the one before it, None for the first; ``resources`` are
    why the two could not run beside each other, empty where only their process is the same.
    ``gap`` are the seconds between them.
    """

    scenario: Scenario
    after: Scenario | None = None
    resources: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        return max(0.0, self.scenario.started - self.after.ended) if self.after else 0.0

    @property
    def causes(self) -> tuple[str, ...]:
        """In words: what it had to wait for."""
        if self.after is None:
            return (FIRST,)
        return self.resources or (SAME_PROCESS,)


def of(scenarios: Iterable[Scenario]) -> list[Link]:
    """In the order of time; empty when nothing ran."""
    ran = [scenario for scenario in scenarios if scenario.ran]
    needs = {scenario.id: need(scenario) for scenario in ran}
    path: list[Link] = []
    last = max(ran, key=lambda s: s.ended, default=None)
    while last is not None:
        path.append(link(last, ran, needs))
        last = path[-1].after
    return path[::-1]


def link(scenario: Scenario, ran: Sequence[Scenario], needs: Mapping[str, Need]) -> Link:
    mine = needs[scenario.id]
    before = [s for s in ran if is_before(s, scenario) and s.cluster == scenario.cluster]
    held = [s for s in before if mine.conflicts(needs[s.id])]
    same = [s for s in before if s.place == scenario.place]
    after = max([*held, *same], key=lambda s: s.ended, default=None)
    if after is None:
        return Link(scenario)
    in_the_way = max(held, key=lambda s: s.ended, default=None)
    if in_the_way and in_the_way.ended >= after.ended - SLACK:
        after = in_the_way
    return Link(scenario, after, tuple(sorted(mine.conflicts(needs[after.id]))))


def is_before(one: Scenario, other: Scenario) -> bool:
    return one.started < other.started and one.ended <= other.started + SLACK


def by_cause(path: Iterable[Link]) -> list[tuple[str, float]]:
    """Seconds of the path by what its scenarios had to wait for, most first; of several causes each
    has its part.
    """
    found: dict[str, float] = defaultdict(float)
    for one in path:
        for cause in one.causes:
            found[cause] += (one.scenario.seconds + one.gap) / len(one.causes)
    return sorted(found.items(), key=lambda pair: -pair[1])
