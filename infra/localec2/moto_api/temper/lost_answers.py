"""A call takes effect, and its connection ends without an answer."""

from infra.localec2.moto_api.temper.trait import Call, Choices, Count, Trait

ONE_IN = 4
"""Of an action's answers; AWS: rare, and of no documented rate."""
TWICE = frozenset({"CopyVolumes", "CreateSnapshot"})
"""Only the driver asks for these, whose SDK repeats them; EC2 has no client token for a snapshot,
so that AWS would have a second one too, and nobody who removes it."""


class LostAnswers(Trait):
    """Never two of one action in succession: who repeats a call gets through."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._count = Count()
        self._lost: set[str] = set()

    def loses(self, call: Call) -> bool:
        if call.action in TWICE:
            return False
        if call.action in self._lost:
            self._lost.remove(call.action)
            return False
        lost = self._choices.one_in(ONE_IN, "lost", call.action, self._count.next(call.action))
        if lost:
            self._lost.add(call.action)
        return lost
