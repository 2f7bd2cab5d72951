"""Tags: only on what exists, and gone when they are deleted without being named."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError, InvalidID, MissingParameterError
from moto.ec2.responses import EC2Response

from infra.localec2.moto_api.requests import well_formed

Known = Callable[[Any], set[str]]
"""The ids of a kind that the backend has."""


def _rules(backend: Any) -> set[str]:
    groups = [group for of_vpc in backend.groups.values() for group in of_vpc.values()]
    return {rule.id for group in groups for rule in (*group.ingress_rules, *group.egress_rules)}


KINDS: dict[str, tuple[str, Known]] = {
    "ami": ("InvalidAMIID.NotFound", lambda b: {*b.amis}),
    "eipalloc": ("InvalidAllocationID.NotFound", lambda b: {a.allocation_id for a in b.addresses}),
    "eni": ("InvalidNetworkInterfaceID.NotFound", lambda b: {*b.enis}),
    "i": ("InvalidInstanceID.NotFound", lambda b: {i.id for i in b.all_instances()}),
    "igw": ("InvalidInternetGatewayID.NotFound", lambda b: {*b.internet_gateways}),
    "key": ("InvalidKeyPair.NotFound", lambda b: {pair.id for pair in b.key_pairs.values()}),
    "rtb": ("InvalidRouteTableID.NotFound", lambda b: {*b.route_tables}),
    "sg": ("InvalidGroup.NotFound", lambda b: {g for vpc in b.groups.values() for g in vpc}),
    "sgr": ("InvalidSecurityGroupRuleId.NotFound", _rules),
    "snap": ("InvalidSnapshot.NotFound", lambda b: {*b.snapshots}),
    "subnet": ("InvalidSubnetID.NotFound", lambda b: {s for z in b.subnets.values() for s in z}),
    "vol": ("InvalidVolume.NotFound", lambda b: {*b.volumes}),
    "vpc": ("InvalidVpcID.NotFound", lambda b: {*b.vpcs}),
}
"""What can be tagged here, by the prefix of its ids: the error when it is unknown, what is known.

Source of the codes: EC2 API reference, error codes.
"""


class TagAnswers(EC2Response):  # type: ignore[misc]  # moto is untyped
    """CreateTags and DeleteTags."""

    _backend: Any

    def create_tags(self) -> ActionResult:
        resources = self._resources()
        if not self.params.get("Tags"):
            raise MissingParameterError("tagSet")
        tags = {tag["Key"]: tag.get("Value", "") for tag in self.params["Tags"]}
        self._backend.create_tags(resources, tags)
        return EmptyResult()

    def delete_tags(self) -> ActionResult:
        """Those of another value than the given one stay; without any named, all go."""
        resources = self._resources()
        tags = {tag["Key"]: tag.get("Value") for tag in self.params.get("Tags", [])}
        for resource in resources:
            mine = self._backend.tags[resource]
            self._backend.delete_tags([resource], tags or dict.fromkeys(mine))
        return EmptyResult()

    def _resources(self) -> list[str]:
        resources: list[str] = self.params.get("Resources", [])
        if not resources:
            raise MissingParameterError("resourceIdSet")
        for ident in resources:
            prefix = ident.partition("-")[0]
            if prefix not in KINDS:
                raise InvalidID(ident)
            well_formed(ident, prefix)
            code, known = KINDS[prefix]
            if ident not in known(self._backend):
                raise EC2ClientError(code, f"The ID '{ident}' does not exist")
        return resources
