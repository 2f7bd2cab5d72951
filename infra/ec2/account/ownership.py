"""Whose a cluster is: tags that say so, and the question before anything is changed or deleted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from infra.ec2 import tagged
from infra.ec2.api import TAG, Client, Iam, Sts, asking
from infra.ec2.tagged import Resource
from infra.errors import UserError
from infra.inventory import ClusterSpec

PREFIX = "kubernetes-from-scratch/"
UUID = f"{PREFIX}uuid"
"""Of the state directory that the cluster was built from."""
OWNER = f"{PREFIX}owner"
"""The ARN of who built it."""
CREATED = f"{PREFIX}created"
EXPIRES = f"{PREFIX}expires"
"""Times in ISO 8601, UTC."""
UNTAGGABLE = re.compile(r"[^\w +\-=.:/@]")
"""What a tag's value may not have; source: EC2 user guide, tag restrictions."""

SESSION = re.compile(r"/botocore-session-\d+$")
"""How boto3 ends the ARN of a role that a profile names, without a ``role_session_name``."""


@dataclass(frozen=True)
class Caller:
    """Whose credentials these are."""

    account: str
    arn: str


def caller(sts: Sts) -> Caller:
    """Errors: PlatformError when there are no credentials, or AWS does not take them."""
    with asking("credentials of", "AWS"):
        answer = sts.get_caller_identity()
    return Caller(answer["Account"], UNTAGGABLE.sub("_", answer["Arn"]))


def require_ours(client: Client, iam: Iam, spec: ClusterSpec) -> None:
    """Whatever has the cluster's id is of this state directory. Errors: UserError naming whose."""
    ours = dict(spec.tags).get(UUID, "")
    found = tagged.everything(client, iam, spec.id)
    others = [one for one in found if not is_of(one, spec.id, ours)]
    if others:
        raise UserError(
            f"{len(others)} resources with the id {spec.id} are not of this state directory "
            f"({others[0]}, {whose(others)}): nothing was changed; choose another --cluster-id"
        )


def is_of(resource: Resource, cluster: str, uuid: str) -> bool:
    """Whether a cluster's state directory has made it; a role is found by its name alone."""
    return resource.tags.get(TAG) == cluster and resource.tags.get(UUID, "") == uuid


def is_same(owner: str, caller: str) -> bool:
    """Whether an owner's tag and who asks now are one; boto3 numbers each session of a role."""
    return SESSION.sub("", owner) == SESSION.sub("", caller)


def whose(resources: Iterable[Resource]) -> str:
    """Owner and time of the first that tells."""
    told = [one.tags for one in resources if OWNER in one.tags]
    return f"built by {told[0][OWNER]} at {told[0].get(CREATED, '?')}" if told else "of no owner"
