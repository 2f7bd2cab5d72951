"""A deliberately broken cluster: the one change, and the claim that must catch it."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.cluster import Cluster


@dataclass(frozen=True)
class Mutant:
    """One change; ``catches`` is the claim that must not hold, ``says`` a part of its message."""

    name: str
    catches: str
    says: str
    change: Callable[[Cluster], None]
    outcome: str = "does not hold"
    """``not judged`` where the health gate catches it first: no claim can be judged on it."""
    mend: Callable[[Cluster], None] = lambda _: None
    """What ``up`` does not put back, because it never made it."""
    or_says: str = ""
    """A part of the message that is as good, where luck decides what is seen first."""
    kuberc: str = ""
    """What the admin's kubectl does by default in the run that judges (kubectl's kuberc)."""
