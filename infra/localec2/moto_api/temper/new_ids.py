"""What was just made is not found for a while: by its id, by its name, in a list.

Source: Amazon EC2 Developer Guide, "Eventual consistency in the Amazon EC2 API"; IAM user guide,
"Changes that I make are not always immediately visible".
"""

from infra.localec2.moto_api.call_journal import ids_of
from infra.localec2.moto_api.faults import Answer, fault
from infra.localec2.moto_api.temper.trait import Call, Choices, Clock, Count, Trait

VISIBLE_AFTER = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds, one of them for each; AWS: mostly seconds, look again for up to five minutes (same
page)."""
MADE = {
    "AllocateAddress": ("eipalloc",),
    "CopyVolumes": ("vol",),
    "CreateInternetGateway": ("igw",),
    "CreateRouteTable": ("rtb",),
    "CreateSecurityGroup": ("sg",),
    "CreateSnapshot": ("snap",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("vol",),
    "CreateVpc": ("vpc",),
    "ImportKeyPair": ("key",),
    "RunInstances": ("i", "vol", "eni"),
}
"""Kinds of ids that are new in an action's answer."""
NAMED = {
    "ImportKeyPair": "KeyName",
    "CreateRole": "RoleName",
    "CreateInstanceProfile": "InstanceProfileName",
}
"""The parameter that names what we name ourselves."""
CODES = {
    "eipalloc": "InvalidAllocationID.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "i": "InvalidInstanceID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "key": "InvalidKeyPair.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "snap": "InvalidSnapshot.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vol": "InvalidVolume.NotFound",
    "vpc": "InvalidVpcID.NotFound",
}
"""Source: EC2 API reference, "Error codes"."""
PROFILE = "IamInstanceProfile.Name"
"""How EC2 is given a profile of IAM's."""


class NewIds(Trait):
    def __init__(self, choices: Choices, clock: Clock) -> None:
        self._choices = choices
        self._clock = clock
        self._count = Count()
        self._from: dict[str, float] = {}
        """When an id, or a name with its parameter, is found."""

    def before(self, call: Call) -> Answer | None:
        for name, value in call.params.items():
            if self.hides(value) and call.named(value):
                code = CODES[value.partition("-")[0]]
                return fault(call.service, code, f"The ID '{value}' does not exist")
            kind = name.partition(".")[0]  # of several there are KeyName.1, KeyName.2
            if NAMED.get(call.action) != kind and self.hides(f"{kind}={value}"):
                return self._unknown_name(call, kind, value)
        if self.hides(f"InstanceProfileName={call.params.get(PROFILE)}"):
            value = call.params[PROFILE]
            text = f"Value ({value}) for parameter iamInstanceProfile.name is invalid."
            return fault(call.service, "InvalidParameterValue", text)
        return None

    def _unknown_name(self, call: Call, name: str, value: str) -> Answer:
        if call.service == "ec2":
            text = f"The key pair '{value}' does not exist"
            return fault(call.service, "InvalidKeyPair.NotFound", text)
        return fault(call.service, "NoSuchEntity", f"{name} {value} cannot be found.", 404)

    def made(self, call: Call, answer: str) -> None:
        kinds = MADE.get(call.action, ())
        for ident in ids_of(answer):
            if ident.partition("-")[0] in kinds and not call.named(ident):
                self._new(ident, ident.partition("-")[0])
        if name := NAMED.get(call.action):
            self._new(f"{name}={call.params[name]}", name)

    def _new(self, known_as: str, kind: str) -> None:
        """Of a call that is repeated by its client token it is not new any more."""
        if known_as not in self._from:
            wait = self._choices.pick(VISIBLE_AFTER, "new", kind, self._count.next(kind))
            self._from[known_as] = self._clock() + wait

    def hides(self, ident: str) -> bool:
        return self._clock() < self._from.get(ident, 0.0)
