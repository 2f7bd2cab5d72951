"""How long the states of volumes and snapshots last."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds. ``modifying`` until a volume has its new values, ``optimizing`` more until its next
    change is possible, ``snapshot`` from the call until it is completed, at least.
    """

    modifying: float = 1.0
    optimizing: float = 2.0
    snapshot: float = 0.0


LOCAL = Pace()
"""On AWS minutes, and minutes to hours (EBS user guide, modify a volume)."""
