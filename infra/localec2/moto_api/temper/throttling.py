"""Bursts in which every call is refused, as too many came."""

from infra.localec2.moto_api.faults import Answer, fault
from infra.localec2.moto_api.temper.trait import Call, Choices, Trait

BETWEEN = (6, 12, 24)
"""Calls from one burst to the next, one of them each time; AWS: a bucket of tokens for each action,
refilled every second (Amazon EC2 Developer Guide, "Request throttling")."""
LONG = (1, 2, 3, 4)
"""Calls in a burst; botocore's standard mode repeats one seven times (infra/ec2/api.py)."""


class Throttling(Trait):
    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._bursts = 0
        self._until = self._next("between", BETWEEN)
        self._left = 0

    def _next(self, what: str, options: tuple[int, ...]) -> int:
        return self._choices.pick(options, "throttling", what, self._bursts)

    def before(self, call: Call) -> Answer | None:
        if self._until:
            self._until -= 1
            return None
        self._left = (self._left or self._next("long", LONG)) - 1
        if not self._left:
            self._bursts += 1
            self._until = self._next("between", BETWEEN)
        if call.service == "ec2":
            return fault("ec2", "RequestLimitExceeded", "Request limit exceeded.", 503)
        return fault(call.service, "Throttling", "Rate exceeded")
