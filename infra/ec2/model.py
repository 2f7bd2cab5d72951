"""What was provisioned, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.ec2.api import DEAD, Client, asking, mine
from infra.ec2.pages import items
from infra.errors import PlatformError
from infra.inventory import ClusterSpec, MachineName

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef


@dataclass(frozen=True)
class InstanceInfo:
    """One instance as EC2 describes it. ``reason`` is EC2's word for its last change of state."""

    id: str
    private_ip: str
    public_ip: str | None
    state: str
    source_dest_check: bool = True
    reason: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provisioned:
    """The network and the instances that are not terminated, by machine name; ``changes`` says
    what was made or put back for that.
    """

    vpc_id: str
    subnet_id: str
    security_group_id: str
    route_table_id: str
    instances: Mapping[MachineName, InstanceInfo]
    changes: tuple[str, ...] = field(default=(), compare=False)

    def missing(self, spec: ClusterSpec) -> tuple[MachineName, ...]:
        return tuple(m.name for m in spec.machines if m.name not in self.instances)


def instances(client: Client, cluster: str) -> dict[MachineName, InstanceInfo]:
    """The cluster's living instances by name.

    Errors: PlatformError when two carry one name.
    """
    found: dict[MachineName, InstanceInfo] = {}
    for name, info in everything(client, cluster):
        if info.state in DEAD:
            continue
        if name in found:
            raise PlatformError(
                "instance", name, f"is twice there ({found[name].id}, {info.id}): terminate one"
            )
        found[name] = info
    return found


def everything(client: Client, cluster: str) -> list[tuple[MachineName, InstanceInfo]]:
    """Every instance of the cluster that EC2 still shows, the terminated ones too."""
    with asking("instances of", cluster):
        found = items(client, "describe_instances", "Reservations", Filters=[mine(cluster)])
    shown = [instance for reservation in found for instance in reservation["Instances"]]
    return sorted(((_name(i), _info(i)) for i in shown), key=lambda pair: pair[0])


def _name(instance: "InstanceTypeDef") -> MachineName:
    names = [t["Value"] for t in instance.get("Tags", []) if t["Key"] == "Name"]
    return MachineName(names[0] if names else instance["InstanceId"])


def _info(instance: "InstanceTypeDef") -> InstanceInfo:
    return InstanceInfo(
        id=instance["InstanceId"],
        private_ip=instance.get("PrivateIpAddress", ""),
        public_ip=instance.get("PublicIpAddress"),
        state=instance["State"]["Name"],
        source_dest_check=instance.get("SourceDestCheck", True),
        reason=instance.get("StateReason", {}).get("Message", ""),
        groups=tuple(group["GroupId"] for group in instance.get("SecurityGroups", [])),
    )
