"""The cluster's network: one VPC, one public subnet, one security group (articles 3 and 14)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from infra.ec2 import rules, tagged
from infra.ec2.api import Client, Exists, Missing, asking, made, mine, tags, the_one
from infra.ec2.model import InstanceInfo
from infra.inventory import ClusterSpec

Say = Callable[[str], None]
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Ids:
    vpc: str
    subnet: str
    route_table: str
    group: str


def ensure(
    client: Client, spec: ClusterSpec, *, allowed_cidr: str, zone: str | None, say: Say
) -> Ids:
    """The network is there; only what is missing was made, and what is another now put back.

    ``zone`` is where a new subnet is; None: EC2 chooses.
    """
    vpc = _vpc(client, spec, say)
    gateway = _gateway(client, spec, vpc)
    subnet = _subnet(client, spec, vpc, zone)
    table = _route_table(client, spec, vpc)
    _default_route(client, table, gateway, say)
    _associate(client, table, subnet, say)
    group = _group(client, spec, vpc)
    rules.ensure(client, group, rules.wanted_rules(spec, allowed_cidr), say)
    return Ids(vpc, subnet, table, group)


def find(client: Client, cluster: str) -> Ids | None:
    """The network's ids; None when a part of it is missing. Errors: PlatformError, also when there
    are two of a part.
    """
    vpc, subnet = _find(client, cluster, "VPC"), _find(client, cluster, "subnet")
    table, group = _find(client, cluster, "route table"), _find(client, cluster, "security group")
    if not (vpc and subnet and table and group):
        return None
    return Ids(vpc["VpcId"], subnet["SubnetId"], table["RouteTableId"], group["GroupId"])


def _find(client: Client, cluster: str, kind: str) -> Any:
    """What EC2 shows of the one that the cluster has of a kind; None when there is none."""
    with asking(f"{kind} of", cluster):
        found = tagged.shown(client, kind, cluster)
    ident = tagged.KINDS[kind][-1]
    return the_one(kind, cluster, found, lambda one: str(one[ident]))


def _made(client: Client, cluster: str, kind: str, make: Callable[[], Any]) -> Any:
    """A new one. Errors: PlatformError."""

    def attempt() -> Any:
        with asking(f"{kind} of", cluster):
            return make()

    return made(client, attempt, lambda: _find(client, cluster, kind), f"a {kind} of {cluster}")


def _vpc(client: Client, spec: ClusterSpec, say: Say) -> str:
    cidr = str(spec.network.vpc)
    vpc = _find(client, spec.id, "VPC")
    if vpc is None:
        say(f"VPC {cidr} with subnet {spec.network.subnet}")
        asked: Any = {"CidrBlock": cidr, "TagSpecifications": tags("vpc", spec, spec.id)}
        vpc = _made(client, spec.id, "VPC", lambda: client.create_vpc(**asked)["Vpc"])
    return str(vpc["VpcId"])


def _gateway(client: Client, spec: ClusterSpec, vpc: str) -> str:
    kind = "internet gateway"
    gateway = _find(client, spec.id, kind) or _made(
        client,
        spec.id,
        kind,
        lambda: client.create_internet_gateway(
            TagSpecifications=tags("internet-gateway", spec, spec.id)
        )["InternetGateway"],
    )
    ident = str(gateway["InternetGatewayId"])
    if not gateway.get("Attachments"):
        with suppress(Exists), asking("internet gateway of", vpc):
            client.attach_internet_gateway(InternetGatewayId=ident, VpcId=vpc)
    return ident


def _subnet(client: Client, spec: ClusterSpec, vpc: str, zone: str | None) -> str:
    asked: Any = {"AvailabilityZone": zone} if zone else {}
    asked |= {"VpcId": vpc, "CidrBlock": str(spec.network.subnet)}
    asked |= {"TagSpecifications": tags("subnet", spec, spec.id)}
    subnet = _find(client, spec.id, "subnet") or _made(
        client, spec.id, "subnet", lambda: client.create_subnet(**asked)["Subnet"]
    )
    if not subnet["MapPublicIpOnLaunch"]:
        # the series' machines have no NAT gateway: they need addresses to fetch anything
        with asking("subnet of", spec.id):
            client.modify_subnet_attribute(
                SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True}
            )
    return str(subnet["SubnetId"])


def _route_table(client: Client, spec: ClusterSpec, vpc: str) -> str:
    table = _find(client, spec.id, "route table") or _made(
        client,
        spec.id,
        "route table",
        lambda: client.create_route_table(
            VpcId=vpc, TagSpecifications=tags("route-table", spec, spec.id)
        )["RouteTable"],
    )
    return str(table["RouteTableId"])


def _default_route(client: Client, table: str, gateway: str, say: Say) -> None:
    with suppress(Exists), asking("default route of", table):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        found = [r for r in shown["Routes"] if r.get("DestinationCidrBlock") == ANYWHERE]
        if found and found[0].get("GatewayId") == gateway:
            return
        say("what leaves the VPC goes by its internet gateway")
        change = client.replace_route if found else client.create_route
        change(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)


def _associate(client: Client, table: str, subnet: str, say: Say) -> None:
    with suppress(Exists), asking("route table of", subnet):
        shown = client.describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
        )["RouteTables"]
        found = [a for t in shown for a in t["Associations"] if a.get("SubnetId") == subnet]
        if any(a["RouteTableId"] == table for a in found):
            return
        for other in found:  # a subnet has one table
            say(f"the subnet no longer uses the route table {other['RouteTableId']}")
            client.disassociate_route_table(AssociationId=other["RouteTableAssociationId"])
        client.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _group(client: Client, spec: ClusterSpec, vpc: str) -> str:
    group = _find(client, spec.id, "security group") or _made(
        client,
        spec.id,
        "security group",
        lambda: client.create_security_group(
            GroupName=f"kubernetes-from-scratch-{spec.id}",
            Description="Machines of the cluster",
            VpcId=vpc,
            TagSpecifications=tags("security-group", spec, spec.id),
        ),
    )
    return str(group["GroupId"])


def unroute(client: Client, table: str, *, cidr: str) -> None:
    """The table has no route for ``cidr``. Errors: PlatformError."""
    with suppress(Missing), asking("route", cidr):
        client.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)


def route(client: Client, table: str, *, cidr: str, instance: str, say: Say) -> None:
    """The table sends ``cidr`` to the instance.

    Errors: PlatformError.
    """
    with suppress(Exists), asking("route", cidr):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        existing = [r for r in shown["Routes"] if r.get("DestinationCidrBlock") == cidr]
        if existing and existing[0].get("InstanceId") == instance:
            return
        say(f"the VPC sends {cidr} to {instance}")
        change = client.replace_route if existing else client.create_route
        change(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=instance)


def address(client: Client, spec: ClusterSpec, balancer: InstanceInfo) -> str:
    """The load balancer has an elastic address that outlives it: that one, which EC2 may not yet
    show of the instance.
    """
    name = spec.load_balancer.name

    def find() -> Any:
        with asking("address of", name):
            found = client.describe_addresses(Filters=[mine(spec.id)])["Addresses"]
        return the_one("address", spec.id, found, lambda one: str(one["AllocationId"]))

    def allocate() -> Any:
        with asking("address of", name):
            return client.allocate_address(
                Domain="vpc", TagSpecifications=tags("elastic-ip", spec, name)
            )

    elastic = find() or made(client, allocate, find, f"an address of {name}")
    if elastic.get("InstanceId") != balancer.id:
        with asking("address of", name):
            client.associate_address(
                AllocationId=elastic["AllocationId"],
                InstanceId=balancer.id,
                AllowReassociation=True,
            )
    return str(elastic["PublicIp"])
