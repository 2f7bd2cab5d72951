"""Machines' clocks against one another, each read once and bounded by the time it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.ssh import Shell
from infra.wait import SYSTEM, Clock

AGREE = 2.0
"""Seconds by which clocks may differ: twice what etcd warns about (server/etcdserver/api/rafthttp,
probing_status.go: 1 s)."""
READ_WITHIN = 20.0
"""Seconds for one answer: 1.2 measured, of six at once, where two cores had the work of fifteen."""


@dataclass(frozen=True)
class Reading:
    """A machine's clock: ``ahead`` of our monotonic one in seconds, give or take ``doubt``."""

    ahead: float
    doubt: float

    def now(self, clock: Clock = SYSTEM) -> datetime:
        """The time of day there."""
        return datetime.fromtimestamp(clock.now() + self.ahead, UTC)


def read(shell: Shell, clock: Clock = SYSTEM) -> Reading:
    """Errors: Unreachable, CommandFailed."""
    asked = clock.now()
    told = float(shell.run(["date", "+%s.%N"], timeout=READ_WITHIN).stdout)
    answered = clock.now()
    return Reading(told - (asked + answered) / 2, (answered - asked) / 2)


def differing(readings: Mapping[str, Reading]) -> list[str]:
    """Clocks that differ from the middle one for certain, one sentence each."""
    if not readings:
        return []
    middle = sorted(readings.values(), key=lambda one: one.ahead)[(len(readings) - 1) // 2]
    found = []
    for machine, one in readings.items():
        off = one.ahead - middle.ahead
        if abs(off) - one.doubt - middle.doubt > AGREE:
            side = "ahead of" if off > 0 else "behind"
            found.append(f"the clock of {machine} is {seconds(abs(off))} s {side} the others")
    return found


def seconds(length: float) -> str:
    return f"{length:.0f}" if length >= 10 else f"{length:.1f}"
