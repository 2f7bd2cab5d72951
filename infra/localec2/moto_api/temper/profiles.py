"""An instance profile that is being taken back is in the way of the next one for a while."""

from infra.localec2.moto_api.call_journal import ids_of
from infra.localec2.moto_api.faults import Answer, fault
from infra.localec2.moto_api.temper.trait import Call, Clock, Trait

DISASSOCIATING = 3.0
"""Seconds; AWS: the state ``disassociating`` (EC2 API reference, IamInstanceProfileAssociation),
seconds to a minute."""


class Profiles(Trait):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        """By association and by instance."""

    def before(self, call: Call) -> Answer | None:
        if call.action == "AssociateIamInstanceProfile":
            instance = call.params.get("InstanceId", "")
            text = f"There is an existing association for instance {instance}"
            return self._refused(instance, text)
        if call.action == "DisassociateIamInstanceProfile":
            association = call.params.get("AssociationId", "")
            return self._refused(association, f"The association {association} is not active")
        return None

    def _refused(self, ident: str, text: str) -> Answer | None:
        busy = self._clock() < self._until.get(ident, 0.0)
        return fault("ec2", "IncorrectState", text) if busy else None

    def made(self, call: Call, answer: str) -> None:
        if call.action == "DisassociateIamInstanceProfile":
            for ident in (call.params["AssociationId"], *ids_of(answer)):
                self._until[ident] = self._clock() + DISASSOCIATING
