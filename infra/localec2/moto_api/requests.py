"""What AWS refuses before it does anything: parameters, ids and tags that cannot be meant."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.utils import get_service_model
from moto.ec2.exceptions import EC2ClientError, InvalidID, MissingParameterError

from infra.localec2.moto_api.parameters import COMMON, INSIDE, ONE_OF, PARAMETERS, TAGGED

IDS = {
    "GroupId": "sg",
    "GroupIds": "sg",
    "Groups": "sg",
    "ImageId": "ami",
    "ImageIds": "ami",
    "InstanceId": "i",
    "InstanceIds": "i",
    "InternetGatewayId": "igw",
    "InternetGatewayIds": "igw",
    "NetworkInterfaceId": "eni",
    "NetworkInterfaceIds": "eni",
    "RouteTableId": "rtb",
    "RouteTableIds": "rtb",
    "SecurityGroupIds": "sg",
    "SnapshotId": "snap",
    "SnapshotIds": "snap",
    "SourceVolumeId": "vol",
    "SubnetId": "subnet",
    "SubnetIds": "subnet",
    "VolumeId": "vol",
    "VolumeIds": "vol",
    "VpcId": "vpc",
    "VpcIds": "vpc",
}
"""The prefix of the ids in parameters of these names."""

MALFORMED = {
    "ami": "InvalidAMIID.Malformed",
    "eni": "InvalidNetworkInterfaceId.Malformed",
    "i": "InvalidInstanceID.Malformed",
    "igw": "InvalidInternetGatewayId.Malformed",
    "rtb": "InvalidRouteTableId.Malformed",
    "sg": "InvalidGroupId.Malformed",
    "snap": "InvalidSnapshotID.Malformed",
    "subnet": "InvalidSubnetID.Malformed",
    "vol": "InvalidVolumeID.Malformed",
    "vpc": "InvalidVpcID.Malformed",
}
"""Source, spelling included: EC2 API reference, error codes."""

NUMBER = re.compile(r"[0-9a-f]{8}|[0-9a-f]{17}")
MOST_TAGS = 50
"""Of a resource; source: EC2 user guide, tag restrictions."""


def check(action: str, params: Mapping[str, Any], sent: Iterable[str]) -> None:
    """``sent`` are the names as they came, those among them that no parser knows.

    Errors: UnknownParameter, UnsupportedOperation, InvalidParameterCombination, MissingParameter,
    a kind's Malformed, and what AWS answers to tags.
    """
    _known_to_aws(action, sent)
    _known_here(action, params)
    for name in _shape(action).required_members:
        _one(frozenset({name}), params)
    for group in ONE_OF.get(action, ()):
        _one(group, params)
    for name, prefix in IDS.items():
        values = params.get(name, [])
        for ident in [values] if isinstance(values, str) else values:
            well_formed(ident, prefix)
    _tags(action, params)


def well_formed(ident: str, prefix: str) -> None:
    """Errors: the kind's Malformed, InvalidID for a kind without one."""
    begin, _, number = ident.rpartition("-")
    if begin == prefix and NUMBER.fullmatch(number):
        return
    if prefix not in MALFORMED:
        raise InvalidID(ident)
    raise EC2ClientError(MALFORMED[prefix], f'Invalid id: "{ident}" (expecting "{prefix}-...")')


def _shape(action: str) -> Any:
    return get_service_model("ec2").operation_model(action).input_shape


def _known_to_aws(action: str, sent: Iterable[str]) -> None:
    known = {"Action", "Version"}
    for name, shape in _shape(action).members.items():
        wire = shape.serialization
        known.add(wire.get("queryName") or _upper(wire.get("name", name)))
    for name in sorted({key.partition(".")[0] for key in sent} - known):
        raise EC2ClientError("UnknownParameter", f"The parameter {name} is not recognized")


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _known_here(action: str, params: Mapping[str, Any]) -> None:
    unknown = {*params} - PARAMETERS[action] - COMMON
    unknown |= {path for name in params for path in _unknown_inside(name, params[name])}
    if unknown:
        listed = ", ".join(sorted(unknown))
        raise EC2ClientError(
            "UnsupportedOperation", f"The local EC2 does not know {listed} of {action}."
        )


def _unknown_inside(name: str, value: Any) -> set[str]:
    if isinstance(value, list):
        return {path for part in value for path in _unknown_inside(name, part)}
    if not isinstance(value, Mapping):
        return set()
    unknown = {f"{name}.{inner}" for inner in value.keys() - INSIDE.get(name, value.keys())}
    for inner, part in value.items():
        unknown |= {f"{name}.{path}" for path in _unknown_inside(inner, part)}
    return unknown


def _one(group: frozenset[str], params: Mapping[str, Any]) -> None:
    given = sorted(group & params.keys())
    if not given:
        raise MissingParameterError(" or ".join(sorted(group)))
    if len(given) > 1:
        listed = " and ".join(given)
        raise EC2ClientError(
            "InvalidParameterCombination", f"{listed} may not be specified in the same request."
        )


def _tags(action: str, params: Mapping[str, Any]) -> None:
    specifications = params.get("TagSpecifications", [])
    kinds = [specification.get("ResourceType") for specification in specifications]
    for kind in kinds:
        if kind not in TAGGED.get(action, ()):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"'{kind}' is not a valid taggable resource type for this operation.",
            )
    _no_twin("resource type of tag specifications", kinds)
    for specification in specifications:
        if not specification.get("Tags"):
            raise EC2ClientError(
                "InvalidParameterValue", "Tag specification must have at least one tag."
            )
        _tag_list(specification["Tags"])
    _tag_list(params.get("Tags", []))


def _tag_list(tags: list[Mapping[str, str]]) -> None:
    keys = [tag.get("Key", "") for tag in tags]
    _no_twin("tag key", keys)
    for key in keys:
        if not key:
            raise EC2ClientError("InvalidParameterValue", "A tag key must not be empty.")
        if key.lower().startswith("aws:"):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Tag keys starting with 'aws:' are reserved for internal use: '{key}'.",
            )
    if len(keys) > MOST_TAGS:
        raise EC2ClientError("TagLimitExceeded", f"A resource has at most {MOST_TAGS} tags.")


def _no_twin(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise EC2ClientError("InvalidParameterValue", f"Duplicate {what} '{name}' specified.")
