"""Which footprints may run beside each other, which ones did, and what would show the rest."""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

from fixtures.turns import order
from fixtures.turns.order import Task
from infra.footprints.footprint import Footprint, of_tags
from infra.footprints.held_resources import Need, choices
from infra.report.model import Scenario
from infra.report.outcomes import Outcome

Pair = frozenset[Footprint]
"""One footprint where two scenarios of the same one ran."""
AT_LEAST = 1.0
"""Seconds that two scenarios ran at the same time, so that one could fool the other."""
SIZE = 4
"""Scenarios at once: as many as CI runs on a cluster of two cores."""


@dataclass(frozen=True)
class Seen:
    """Two scenarios that ran at the same time on one cluster; ``red`` are those that failed."""

    pair: Pair
    ids: tuple[str, str]
    red: tuple[str, ...] = ()


def wanted(tasks: Iterable[Task]) -> set[Pair]:
    """Pairs that no lock keeps apart and of which at least one changes something."""
    counted: dict[Footprint, int] = {}
    for task in tasks:
        if task.footprint is not None:
            counted[task.footprint] = counted.get(task.footprint, 0) + 1
    return {
        frozenset((one, other))
        for one, other in combinations_with_replacement(counted, 2)
        if (one.changes or other.changes)
        and (one != other or counted[one] > 1)
        and may_overlap(one, other)
    }


def may_overlap(one: Footprint, other: Footprint) -> bool:
    if order.group_of("one", one) == order.group_of("other", other):
        return False  # one process has them, in order
    return any(not a.conflicts(b) for a in choices(one) for b in choices(other))


def seen(scenarios: Iterable[Scenario]) -> Iterator[Seen]:
    """Of a run's records: two at work at the same time, of which one changes something."""
    ran = [(one, of_tags(one.tags)) for one in scenarios if one.ran]
    for (one, first), (other, second) in combinations(ran, 2):
        together = min(one.ended, other.ended) - max(one.started, other.started)
        changes = first.changes or second.changes
        if changes and together >= AT_LEAST and one.cluster == other.cluster:
            red = tuple(s.id for s in (one, other) if s.outcome is not Outcome.HOLDS)
            yield Seen(frozenset((first, second)), (one.id, other.id), red)


def groups(
    left: Collection[Pair], tasks: Sequence[Task], chance: random.Random
) -> Iterator[list[Task]]:
    """Scenarios to be started at once that show the pairs that are ``left``, one group each."""
    by = {
        footprint: [t for t in tasks if t.footprint == footprint]
        for pair in left
        for footprint in pair
    }
    open_ = sorted(left, key=told)
    chance.shuffle(open_)
    while open_:
        group = filled(begun(open_[0], by, chance), open_, by, chance)
        covered = shown(group)
        open_ = [pair for pair in open_[1:] if pair not in covered]
        yield group


def begun(pair: Pair, by: Mapping[Footprint, Sequence[Task]], chance: random.Random) -> list[Task]:
    if len(pair) == 1:
        return chance.sample(by[next(iter(pair))], 2)
    return [chance.choice(by[footprint]) for footprint in sorted(pair, key=words)]


def filled(
    group: list[Task],
    left: Collection[Pair],
    by: Mapping[Footprint, Sequence[Task]],
    chance: random.Random,
) -> list[Task]:
    """With others that show a further pair and may run beside all of the group."""
    for footprint in sorted(by, key=words):
        tasks = [task for task in by[footprint] if task not in group]
        news = any(frozenset((footprint, one.footprint)) in left for one in group)
        if len(group) < SIZE and tasks and news:
            task = chance.choice(tasks)
            if may_all_run([*group, task]):
                group = [*group, task]
    return group


def shown(group: Iterable[Task]) -> set[Pair]:
    """Pairs that a group shows when all of it runs at the same time."""
    footprints = [task.footprint for task in group if task.footprint]
    return {frozenset(two) for two in combinations(footprints, 2)}


def may_all_run(tasks: Sequence[Task]) -> bool:
    """At the same time, in the order in which they are given out."""
    running: list[Need] = []
    for task in tasks:
        if not order.fits(task, running):
            return False
        running.append(task.need(running))
    return True


def words(footprint: Footprint) -> str:
    """As its tags say it."""
    told_of = [
        *(f"changes {one}" for one in sorted(footprint.changes)),
        *(f"relies on {one}" for one in sorted(footprint.relies_on)),
        *(f"ignores {one}" for one in sorted(footprint.ignores)),
    ]
    return ", ".join(told_of) or "relies on what all rely on"


def told(pair: Pair) -> str:
    found = sorted(map(words, pair))
    return " | ".join(found if len(found) > 1 else found * 2)
