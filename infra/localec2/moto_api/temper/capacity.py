"""A zone is full when the first machine is asked of it, and has room when it is asked again."""

from infra.localec2.moto_api.faults import Answer, fault
from infra.localec2.moto_api.temper.trait import Call, Trait


class Capacity(Trait):
    """Source: EC2 API reference, "Error codes", server errors (500): wait, and ask again."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def before(self, call: Call) -> Answer | None:
        subnet = call.params.get("SubnetId", "")  # which is in one zone
        if call.action != "RunInstances" or subnet in self._asked:
            return None
        self._asked.add(subnet)
        kind = call.params.get("InstanceType", "")
        text = f"We currently do not have sufficient {kind} capacity in the Availability Zone."
        return fault("ec2", "InsufficientInstanceCapacity", text, 500)
