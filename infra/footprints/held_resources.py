"""What a scenario holds while it runs: resources by name, alone or shared; who may run beside whom.

Locks (infra/footprints/locks.py) and the scheduler ask the same functions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from infra.footprints.footprint import Footprint
from infra.footprints.footprint_tags import IMPLIED, MEANINGS, WORKERS


@dataclass(frozen=True)
class Need:
    """Resources by name; one that is held alone is not among the shared ones. ``given`` is a worker
    that it is to use, where what it holds does not say which.
    """

    exclusive: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    given: str = ""

    @property
    def held(self) -> frozenset[str]:
        return self.exclusive | self.shared

    @property
    def own_worker(self) -> str:
        """Where its Pods belong: the one worker that it has alone, or else the only one that it
        has; empty when they may run anywhere, as they may where nobody else runs.
        """
        if self.given:
            return self.given
        alone = self.exclusive & set(WORKERS)
        all_ = set() if self.is_alone else self.held & set(WORKERS)
        return next((min(one) for one in (alone, all_) if len(one) == 1), "")

    @property
    def is_alone(self) -> bool:
        """Nobody runs beside who changes what all rely on."""
        return bool(self.exclusive & set(IMPLIED))

    def conflicts(self, other: "Need") -> frozenset[str]:
        """What keeps the two from running beside each other."""
        return self.exclusive & other.held | other.exclusive & self.held


ALL = Need(frozenset(name for names, _ in MEANINGS.values() for name in names))
"""Who holds this is alone."""


def choices(footprint: Footprint, workers: Sequence[str] = WORKERS) -> list[Need]:
    """By each worker that it may be given, where it is to be given one; the preferred one first."""
    exclusive, shared = footprint.exclusive, footprint.shared
    if footprint.takes_a_worker:
        return [Need(exclusive | {one}, shared - {one}) for one in workers]
    if footprint.shares_a_worker:
        return [Need(exclusive, shared | {one}) for one in reversed(workers)]
    return [Need(exclusive, shared)]


def everything(footprint: Footprint, workers: Sequence[str] = WORKERS) -> Need:
    """Alone on the cluster, and yet with a worker of its own where the footprint wants one."""
    return replace(ALL, given=choices(footprint, workers)[0].own_worker)


def choose(footprint: Footprint, ahead: Collection[Need], workers: Sequence[str] = WORKERS) -> Need:
    """The one that has to wait for the fewest of those ``ahead``, then has the fewest beside it."""

    def rank(need: Need) -> tuple[int, int]:
        waits = sum(bool(need.conflicts(other)) for other in ahead)
        return waits, sum(need.own_worker in other.held for other in ahead)

    return min(choices(footprint, workers), key=rank)
