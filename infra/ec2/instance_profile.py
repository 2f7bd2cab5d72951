"""The role of the EBS CSI driver on the workers, as article 44 attaches it: a pod's SDK finds its
credentials in the instance metadata.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from infra.ec2 import sdk
from infra.ec2.api import Client, Iam, InUse, Missing, Refused, asking, settled, tag_list
from infra.ec2.pages import items
from infra.inventory import ClusterSpec

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IamInstanceProfileAssociationTypeDef

POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
"""AWS's own policy for the driver; source: article 44."""
MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


ASSOCIATED_WITHIN = 60.0
"""Seconds in which EC2 takes a profile: a new one is not known to it at once, and one that is being
taken back is in the way (IncorrectState)."""
ENDED_WITHIN = 60.0
"""Seconds in which IAM and EC2 see that nothing is in the way of an end any more."""
FULL = "LimitExceeded"
"""A profile has one role: ours, by a call whose answer was lost."""
ROLE, PROFILE = "role", "instance profile"
NAMES = "k8s-scratch-ebs-csi-"


def name_of(spec: ClusterSpec) -> str:
    """Of the role and of the profile; the series' name with the cluster's, as IAM has no VPC."""
    return f"{NAMES}{spec.id}"


def of(iam: Iam, cluster: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What IAM has of a cluster: kind, name and tags. Errors: PlatformError."""
    name = f"{NAMES}{cluster}"
    with asking(ROLE, name):
        with _missing():
            role = iam.get_role(RoleName=name)["Role"]
            yield ROLE, name, _tags(role)
        with _missing():
            profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
            yield PROFILE, name, _tags(profile)


def all_of(iam: Iam) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The same of every cluster. Errors: PlatformError."""
    with asking(ROLE, f"{NAMES}*"):
        names = {
            item[key]
            for call, items, key in (
                ("list_roles", "Roles", "RoleName"),
                ("list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
            )
            for page in iam.get_paginator(call).paginate()
            for item in page[items]
            if item[key].startswith(NAMES)
        }
    for name in sorted(names):
        yield from of(iam, name.removeprefix(NAMES))


def _tags(shown: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in shown.get("Tags", [])}


def give(client: Client, iam: Iam, spec: ClusterSpec, instances: list[str]) -> None:
    """Each instance has the profile with the role; what is there already is left as it is.

    Errors: PlatformError with the resource and AWS's reason.
    """
    name = name_of(spec)
    with asking("role", name):
        with _existing():
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(MAY_ASSUME),
                Tags=tag_list(spec),
            )
        iam.attach_role_policy(RoleName=name, PolicyArn=POLICY)
        with _existing():
            iam.create_instance_profile(InstanceProfileName=name, Tags=tag_list(spec))
        if not iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
            with _looking_past(FULL):
                iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    having = {found["InstanceId"] for found in associations(client, spec)}
    for instance in instances:
        if instance not in having:
            associate = partial(_associate, client, spec, instance)
            settled(client, associate, within=ASSOCIATED_WITHIN, transient=Refused)


def take_back(client: Client, iam: Iam, spec: ClusterSpec) -> None:
    """No instance has it and it is gone; fine when there was nothing. Errors: PlatformError."""
    name = name_of(spec)
    for found in associations(client, spec):
        ident = found["AssociationId"]
        _end(client, partial(client.disassociate_iam_instance_profile, AssociationId=ident))
    of_both = {"InstanceProfileName": name, "RoleName": name}
    _end(client, partial(iam.remove_role_from_instance_profile, **of_both))
    _end(client, partial(iam.delete_instance_profile, InstanceProfileName=name))
    _end(client, partial(iam.detach_role_policy, RoleName=name, PolicyArn=POLICY))
    _end(client, partial(iam.delete_role, RoleName=name))


def _end(client: Client, end: "partial[Any]") -> None:
    """It is gone, or was; what is in the way is gone a moment later. Errors: PlatformError."""

    def attempt() -> None:
        with asking("role of the driver", ", ".join(map(str, end.keywords.values()))):
            end()

    with suppress(Missing):
        settled(client, attempt, within=ENDED_WITHIN, transient=InUse)


def associations(client: Client, spec: ClusterSpec) -> list[dict[str, str]]:
    """Those of the cluster's profile that are in force: AssociationId and InstanceId of each."""
    return [
        {"AssociationId": one["AssociationId"], "InstanceId": one["InstanceId"]}
        for one in _associations(client)
        if one["IamInstanceProfile"]["Arn"].endswith(f"/{name_of(spec)}")
    ]


def in_force(client: Client) -> dict[str, str]:
    """The name of each instance's profile, by the instance's id."""
    return {
        one["InstanceId"]: one["IamInstanceProfile"]["Arn"].rsplit("/", 1)[-1]
        for one in _associations(client)
    }


def _associations(client: Client) -> "list[IamInstanceProfileAssociationTypeDef]":
    call, key = "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations"
    found = items(client, call, key)
    return [one for one in found if one["State"] in {"associating", "associated"}]


def _associate(client: Client, spec: ClusterSpec, instance: str) -> None:
    profile: Any = {"Name": name_of(spec)}
    try:
        with asking("instance profile of", instance):
            client.associate_iam_instance_profile(IamInstanceProfile=profile, InstanceId=instance)
    except InUse:  # perhaps by ourselves, in a call whose answer was lost
        if all(found["InstanceId"] != instance for found in associations(client, spec)):
            raise


@contextmanager
def _existing() -> Iterator[None]:
    """What exists already is fine."""
    with _looking_past("EntityAlreadyExists"):
        yield


@contextmanager
def _missing() -> Iterator[None]:
    """What is gone already is fine."""
    with _looking_past("NoSuchEntity"):
        yield


@contextmanager
def _looking_past(code: str) -> Iterator[None]:
    try:
        yield
    except sdk.refusal() as error:
        if error.response["Error"]["Code"] != code:
            raise
