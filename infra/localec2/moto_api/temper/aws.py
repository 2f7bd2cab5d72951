"""The temper of AWS: all traits, one seed."""

import time

from infra.localec2.moto_api.faults import Answer
from infra.localec2.moto_api.temper.capacity import Capacity
from infra.localec2.moto_api.temper.lost_answers import LostAnswers
from infra.localec2.moto_api.temper.new_ids import NewIds
from infra.localec2.moto_api.temper.profiles import Profiles
from infra.localec2.moto_api.temper.slow_states import SlowStates
from infra.localec2.moto_api.temper.throttling import Throttling
from infra.localec2.moto_api.temper.trait import Call, Choices, Clock, Trait
from infra.localec2.moto_backend.pace import Pace

PACE = Pace(modifying=4.0, optimizing=8.0, snapshot=6.0)
"""Seconds. AWS: a change of a volume is modifying for seconds to minutes and optimizing for minutes
to hours (EBS user guide, "Monitor the progress of volume modifications"), a first snapshot pending
for minutes ("How snapshots work")."""


class Temper(Trait):
    """``traits`` in the order in which they refuse."""

    pace = PACE

    def __init__(self, *traits: Trait) -> None:
        self.traits = traits

    def before(self, call: Call) -> Answer | None:
        for trait in self.traits:
            if refusal := trait.before(call):
                return refusal
        return None

    def made(self, call: Call, answer: str) -> None:
        for trait in self.traits:
            trait.made(call, answer)

    def loses(self, call: Call) -> bool:
        return any(trait.loses(call) for trait in self.traits)

    def hides(self, ident: str) -> bool:
        return any(trait.hides(ident) for trait in self.traits)

    def delays(self, ident: str) -> bool:
        return any(trait.delays(ident) for trait in self.traits)


def of_aws(seed: int, clock: Clock = time.monotonic) -> Temper:
    choices = Choices(seed)
    return Temper(
        Throttling(choices),
        NewIds(choices, clock),
        Profiles(clock),
        Capacity(),
        SlowStates(clock),
        LostAnswers(choices),
    )
