"""Bounds of ``within`` and ``for`` that no article gives, with their sources, and the time scale.

Rule (claims.md, section c): within = worst case of the constants and half as much again; for = one
and a half periods of the loop that could still break it. Features carry the numbers; steps that
need one the reader is not told take it from here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """One row: ``seconds`` unscaled, ``what`` it covers, ``source`` of the constants."""

    seconds: float
    what: str
    source: str


POD_RUNS = Bound(120, "a Pod of a preloaded image runs", "3-7 s measured on a quiet worker")
POD_GONE = Bound(90, "a deleted Pod or namespace is gone", "T13: housekeeping 2 s; grace 0-1 s")
SCHEDULED = Bound(30, "an event moves a Pod out of back-off", "T22: back-off 1-10 s, and a look")
NAMESPACE_READY = Bound(30, "a new namespace has its ServiceAccount", "controller acts on events")
ACCESS = Bound(15, "API servers know a new RoleBinding or quota", "informers, T23 for the caches")
COMMAND_TAKEN = Bound(60, "a machine takes a command", "sshd forks; as long as one may last")
NODE_READY = Bound(90, "a restarted kubelet reports Ready", "T2: 10 s heartbeat; T5: 10 s status")

SCENARIO = {
    "parallel": Bound(1500, "a parallel scenario", "a snapshot on AWS may take 600 s"),
    "disruptive": Bound(2000, "a disruptive scenario", "905 s of waits, 480 s for driver and Pods"),
}
"""By lane, from its turn: longer than all its waits may take together, so that more is a hang."""
UPGRADE = Bound(5400, "an upgrade", "11 steps of 180 s and the gate's 90 s; two drains of 600 s")
UNDOING = Bound(900, "what a scenario did is undone", "five units 120 s each, gate 90 s, T13")
SESSION_END = Bound(1200, "what the session made is gone", "a driver 240 s, clusters, namespaces")

_scale = 1.0


@contextmanager
def scale(factor: float) -> Iterator[None]:
    """Slower machines stretch every bound while it is open; the plug-in fixtures/plugin/settings.py
    opens it once.
    """
    if factor <= 0:
        raise ValueError(f"the time scale must be above 0, not {factor}")
    global _scale  # noqa: PLW0603 - one setting of the run (design D9)
    before, _scale = _scale, factor
    try:
        yield
    finally:
        _scale = before


def scaled(bound: Bound | float) -> float:
    """Seconds on this machine."""
    return (bound.seconds if isinstance(bound, Bound) else bound) * _scale
