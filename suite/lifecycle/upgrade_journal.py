"""What an upgrade does, step by step: when API servers were away, and every version after each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from infra.clients.controlplane.lease_holders import Restarts
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.availability_probe import Span
from infra.clients.lifecycle.version_skew import Versions
from infra.lifecycle.upgrade.cluster_upgrade import BEGINS
from infra.lifecycle.upgrade.steps import Kind, Step
from infra.wait import SYSTEM, Clock


@dataclass(frozen=True)
class Look:
    """After a step, which lasted from ``begun`` to ``ended``, by our clock."""

    step: Step
    begun: float
    ended: float
    versions: Versions

    def rows(self) -> list[tuple[str, str, str]]:
        return [(c, m, version) for c, by in self.versions.items() for m, version in by.items()]


@dataclass
class Journal:
    """Hears of the upgrade's steps; ``measure`` asks every component for its version."""

    measure: Callable[[], Versions]
    restarts: Restarts = field(default_factory=Restarts)
    looks: list[Look] = field(default_factory=list)
    new: str = ""
    """The version, once it is reached."""
    clock: Clock = SYSTEM
    _begun: float = 0.0

    def hear(self, step: Step, what: str) -> None:
        now = self.clock.now()
        if what == BEGINS:
            self._begun = now
        else:
            self.looks.append(Look(step, self._begun, now, self.measure()))
        if step.kind is Kind.API_SERVER:
            (self.restarts.begun if what == BEGINS else self.restarts.ready)[step.machine] = now

    def timeline(self, lost: Iterable[tuple[str, Span]] = ()) -> list[tuple[str, float, float]]:
        """Steps, and what clients have ``lost``, in seconds since the first step began."""
        steps = [(str(look.step), (look.begun, look.ended)) for look in self.looks]
        zero = self.looks[0].begun if self.looks else 0.0
        return [(n, round(a - zero, 1), round(b - zero, 1)) for n, (a, b) in (*steps, *lost)]


def broken_rules(looks: Sequence[Look]) -> list[str]:
    """What of the skew policy did not hold after a step, each with its step."""
    return [
        f"after {look.step}: {problem}"
        for look in looks
        for problem in version_skew.problems(look.versions)
    ]


def not_upgraded(versions: Versions, new: str) -> list[str]:
    """Components on machines that have another version; the client is nobody's machine."""
    on_machines = {name: by for name, by in versions.items() if name != version_skew.CLIENT}
    return version_skew.differing(on_machines, new)
