"""Everything that carries our tag in a region, of every kind that we or the EBS CSI driver make."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.ec2 import instance_profile
from infra.ec2.api import TAG, Client, Iam, asking, mine
from infra.ec2.pages import items as listed
from infra.ec2.pages import pages

KINDS: dict[str, tuple[str, str, str]] = {
    "instance": ("describe_instances", "Instances", "InstanceId"),
    "volume": ("describe_volumes", "Volumes", "VolumeId"),
    "snapshot": ("describe_snapshots", "Snapshots", "SnapshotId"),
    "address": ("describe_addresses", "Addresses", "AllocationId"),
    "network interface": (
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
    ),
    "internet gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "route table": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "security group": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "VPC": ("describe_vpcs", "Vpcs", "VpcId"),
    "key pair": ("describe_key_pairs", "KeyPairs", "KeyPairId"),
}
"""How EC2 is asked for each kind: the call, the list in its answer, the id in an item."""


@dataclass(frozen=True)
class Resource:
    """``id`` is EC2's, or IAM's name."""

    kind: str
    id: str
    tags: Mapping[str, str]

    @property
    def cluster(self) -> str:
        return self.tags[TAG]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


def shown(client: Client, kind: str, cluster: str) -> list[Any]:
    """What EC2 shows of one kind, instances excepted. Errors: those of the client."""
    call, items, _ = KINDS[kind]
    return listed(client, call, items, Filters=[mine(cluster)])


def find(client: Client, cluster: str = "") -> list[Resource]:
    """What EC2 has of a cluster, or of all; an instance that is terminated is only shown.

    Errors: PlatformError.
    """
    wanted = mine(cluster) if cluster else {"Name": "tag-key", "Values": [TAG]}
    with asking("resources tagged", cluster or TAG):
        return [
            Resource(kind, item[ident], tags_of(item))
            for kind, (call, items, ident) in KINDS.items()
            for page in pages(client, call, Filters=[wanted])
            for item in _shown(page, items)
            if not _is_terminated(item)
        ]


def _is_terminated(item: Mapping[str, Any]) -> bool:
    """By its name: of the code, AWS says, the high byte is to be ignored."""
    state = item.get("State")
    return isinstance(state, Mapping) and state.get("Name") == "terminated"


def _shown(answer: Mapping[str, Any], items: str) -> list[dict[str, Any]]:
    if items == "Instances":
        return [i for reservation in answer["Reservations"] for i in reservation[items]]
    return list(answer[items])


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """EC2 has another word for those of network interfaces."""
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or item.get("TagSet") or []}


def everything(client: Client, iam: Iam, cluster: str) -> list[Resource]:
    """What EC2 and IAM have of one cluster. Errors: PlatformError."""
    roles = [Resource(kind, name, tags) for kind, name, tags in instance_profile.of(iam, cluster)]
    return [*find(client, cluster), *roles]


def retag(client: Client, iam: Iam, found: Iterable[Resource], tags: Mapping[str, str]) -> None:
    """Each carries these tags as well. Errors: PlatformError."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    resources = list(found)
    of_iam: dict[str, Callable[..., Any]] = {
        instance_profile.ROLE: lambda name: iam.tag_role(RoleName=name, Tags=listed),
        instance_profile.PROFILE: lambda name: iam.tag_instance_profile(
            InstanceProfileName=name, Tags=listed
        ),
    }
    ids = [one.id for one in resources if one.kind in KINDS]
    with asking("tags of", ", ".join(ids)):
        if ids:
            client.create_tags(Resources=ids, Tags=listed)  # type: ignore[arg-type]
        for one in resources:
            if one.kind in of_iam:
                of_iam[one.kind](one.id)
