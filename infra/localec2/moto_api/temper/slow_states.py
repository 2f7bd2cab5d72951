"""States of instances that last, however fast a machine was: pending, stopping, shutting-down."""

from collections.abc import Callable

from infra.localec2.moto_api.call_journal import ids_of
from infra.localec2.moto_api.temper.trait import Call, Clock, Trait

LASTS = {
    "RunInstances": 3.0,
    "StartInstances": 3.0,
    "StopInstances": 5.0,
    "TerminateInstances": 4.0,
}
"""Seconds at least; AWS: about half a minute, half a minute, up to a few minutes, one to two
minutes (EC2 user guide, "Instance state changes"; infra/ec2 waits up to five)."""


class SlowStates(Trait):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def made(self, call: Call, answer: str) -> None:
        if call.action in LASTS:
            for ident in ids_of(answer):
                self._until[ident] = self._clock() + LASTS[call.action]

    def delays(self, ident: str) -> bool:
        return self._clock() < self._until.get(ident, 0.0)


class LateFacts:
    """What was observed of an instance, told when it is due, in the order in which it was."""

    def __init__(self) -> None:
        self.delays: Callable[[str], bool] = lambda _: False
        self._waiting: list[tuple[str, Callable[[], object]]] = []

    def tell(self, ident: str, fact: Callable[[], object]) -> None:
        self._waiting.append((ident, fact))
        self.deliver()

    def deliver(self) -> None:
        waiting, self._waiting = self._waiting, []
        for ident, fact in waiting:
            if self.delays(ident):
                self._waiting.append((ident, fact))
            else:
                fact()
