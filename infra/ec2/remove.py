"""Removing everything that carries the cluster's tag, in the order of dependencies."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from infra.ec2 import instance_profile, network, tagged
from infra.ec2.account import ownership
from infra.ec2.api import (
    DEAD,
    Client,
    Iam,
    InUse,
    Missing,
    asking,
    is_amazons,
    pace,
    settled,
)
from infra.ec2.model import everything
from infra.errors import ClaimError, PlatformError
from infra.inventory import ClusterSpec, Machine
from infra.wait import consistently, eventually

Say = Callable[[str], None]
TERMINATED_WITHIN = 300.0
"""Seconds for six instances to terminate; AWS takes one to two minutes."""
GONE_WITHIN = 60.0
"""Seconds in which AWS no longer shows what was deleted (EC2 is eventually consistent)."""
LATE = 10.0
"""Seconds after which AWS shows nearly always what was just made."""
FREE_WITHIN = 60.0
"""Seconds in which AWS lets go of the interfaces of terminated instances."""


def remove(client: Client, iam: Iam, spec: ClusterSpec, say: Say) -> None:
    """Nothing that carries the cluster's tag is left, in EC2 and in IAM: it was looked for.

    Errors: UserError when it is another's, PlatformError naming what is left.
    """
    ownership.require_ours(client, iam, spec)
    clear(client, iam, spec, say)


def clear(client: Client, iam: Iam, spec: ClusterSpec, say: Say) -> None:
    """The same, whoever built it. Errors: PlatformError naming what is left."""
    instance_profile.take_back(client, iam, spec)
    deprovision(client, spec, say)
    require_gone(client, iam, spec.id)


def require_gone(client: Client, iam: Iam, cluster: str) -> None:
    """A last look; on AWS for a while, as what a killed run has just made may not be shown yet.

    Errors: PlatformError naming what is left.
    """
    left: list[str] = []

    def look() -> list[str]:
        left[:] = map(str, tagged.everything(client, iam, cluster))
        return left[:]

    try:
        eventually(
            look,
            lambda seen: not seen,
            within=GONE_WITHIN,
            what=f"nothing tagged {cluster} is left",
            every=pace(client),
        )
        if is_amazons(client):
            consistently(
                look, lambda seen: not seen, lasting=LATE, what=f"nothing of {cluster} is left"
            )
    except ClaimError as error:
        reason = f"is not gone, and may cost: {', '.join(left)} still there; repeat the command"
        raise PlatformError("cluster", cluster, reason) from error


def deprovision(client: Client, spec: ClusterSpec, say: Say) -> None:
    """Nothing of the cluster is left; fine when there was nothing.

    Errors: PlatformError with the resource and EC2's reason.
    """
    gone: partial[Any]
    with asking("resources of", spec.id):
        _instances(client, spec.id, say)
        _disks(client, spec.id, say)
        _addresses(client, spec.id)
        _gateways(client, spec.id)
        for subnet in tagged.shown(client, "subnet", spec.id):
            _delete(client, "subnet", partial(client.delete_subnet, SubnetId=subnet["SubnetId"]))
        for table in tagged.shown(client, "route table", spec.id):
            gone = partial(client.delete_route_table, RouteTableId=table["RouteTableId"])
            _delete(client, "route table", gone)
        for group in tagged.shown(client, "security group", spec.id):
            gone = partial(client.delete_security_group, GroupId=group["GroupId"])
            _delete(client, "security group", gone)
        for vpc in tagged.shown(client, "VPC", spec.id):
            say(f"removes VPC {vpc['VpcId']}")
            _delete(client, "VPC", partial(client.delete_vpc, VpcId=vpc["VpcId"]))
        for pair in tagged.shown(client, "key pair", spec.id):
            _delete(client, "key pair", partial(client.delete_key_pair, KeyName=pair["KeyName"]))


def withdraw(client: Client, spec: ClusterSpec, machine: Machine, say: Say) -> None:
    """One machine and the route to its Pods are gone; fine when they were not there.

    Errors: PlatformError with the resource and EC2's reason.
    """
    ids = network.find(client, spec.id)
    if ids is not None:
        network.unroute(client, ids.route_table, cidr=str(machine.pod_cidr))
    _instances(client, spec.id, say, only=machine.name)


def clusters(client: Client) -> tuple[str, ...]:
    """The ids of clusters of which something is left."""
    return tuple(sorted({one.cluster for one in tagged.find(client)}))


def _instances(client: Client, cluster: str, say: Say, *, only: str = "") -> None:
    def states() -> dict[str, str]:
        """By id: a name may be there twice, once terminated."""
        shown = everything(client, cluster)
        return {info.id: info.state for name, info in shown if only in ("", name)}

    alive = [ident for ident, state in states().items() if state not in DEAD]
    if alive:
        say(f"terminates {len(alive)} instances")
        with asking("instances", ", ".join(alive)):
            client.terminate_instances(InstanceIds=alive)
    try:
        eventually(
            states,
            lambda seen: set(seen.values()) <= {"terminated"},
            within=TERMINATED_WITHIN,
            what="every instance terminated",
            every=pace(client),
        )
    except ClaimError as error:
        raise PlatformError("instances of", cluster, str(error)) from error


def _disks(client: Client, cluster: str, say: Say) -> None:
    """What scenarios of storage left; root disks go with their machines."""
    for snapshot in tagged.shown(client, "snapshot", cluster):
        ident = snapshot["SnapshotId"]
        say(f"removes snapshot {ident}")
        _delete(client, "snapshot", partial(client.delete_snapshot, SnapshotId=ident))
    for volume in tagged.shown(client, "volume", cluster):
        ident = volume["VolumeId"]
        say(f"removes volume {ident}")
        _delete(client, "volume", partial(client.delete_volume, VolumeId=ident))


def _addresses(client: Client, cluster: str) -> None:
    for address in tagged.shown(client, "address", cluster):
        if "AssociationId" in address:
            with suppress(Missing), asking("address", address["PublicIp"]):
                client.disassociate_address(AssociationId=address["AssociationId"])
        release = partial(client.release_address, AllocationId=address["AllocationId"])
        _delete(client, "address", release)


def _gateways(client: Client, cluster: str) -> None:
    for gateway in tagged.shown(client, "internet gateway", cluster):
        ident = gateway["InternetGatewayId"]
        for attached in gateway.get("Attachments", []):
            detach = partial(
                client.detach_internet_gateway, InternetGatewayId=ident, VpcId=attached["VpcId"]
            )
            _delete(client, "attachment of internet gateway", detach)
        gone = partial(client.delete_internet_gateway, InternetGatewayId=ident)
        _delete(client, "internet gateway", gone)


def _delete(client: Client, kind: str, delete: "partial[Any]") -> None:
    """It is gone; EC2 may need a while to see that nothing depends on it any more."""

    def attempt() -> None:
        with asking(kind, str(next(iter(delete.keywords.values())))):
            delete()

    with suppress(Missing):
        settled(client, attempt, within=FREE_WITHIN, transient=InUse)
