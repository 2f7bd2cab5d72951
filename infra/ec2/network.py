"""The cluster's network: one VPC, one public subnet, one security group (articles 3 and 14)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from infra.ec2 import rules
from infra.ec2.api import Client, Missing, asking, mine, tags
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
    """The network's ids; None when a part of it is missing."""
    only = [mine(cluster)]
    with asking("network of", cluster):
        vpcs = client.describe_vpcs(Filters=only)["Vpcs"]
        subnets = client.describe_subnets(Filters=only)["Subnets"]
        tables = client.describe_route_tables(Filters=only)["RouteTables"]
        groups = client.describe_security_groups(Filters=only)["SecurityGroups"]
    if not (vpcs and subnets and tables and groups):
        return None
    return Ids(
        vpcs[0]["VpcId"],
        subnets[0]["SubnetId"],
        tables[0]["RouteTableId"],
        groups[0]["GroupId"],
    )


def _vpc(client: Client, spec: ClusterSpec, say: Say) -> str:
    cidr = str(spec.network.vpc)
    with asking("VPC", cidr):
        found = client.describe_vpcs(Filters=[mine(spec.id)])["Vpcs"]
        if found:
            return found[0]["VpcId"]
        say(f"VPC {cidr} with subnet {spec.network.subnet}")
        made = client.create_vpc(CidrBlock=cidr, TagSpecifications=tags("vpc", spec, spec.id))
    return made["Vpc"]["VpcId"]


def _gateway(client: Client, spec: ClusterSpec, vpc: str) -> str:
    with asking("internet gateway of", vpc):
        found = client.describe_internet_gateways(Filters=[mine(spec.id)])["InternetGateways"]
        gateway = (
            found[0]
            if found
            else client.create_internet_gateway(
                TagSpecifications=tags("internet-gateway", spec, spec.id)
            )["InternetGateway"]
        )
        if not gateway.get("Attachments"):
            client.attach_internet_gateway(
                InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc
            )
    return gateway["InternetGatewayId"]


def _subnet(client: Client, spec: ClusterSpec, vpc: str, zone: str | None) -> str:
    cidr = str(spec.network.subnet)
    placed: Any = {"AvailabilityZone": zone} if zone else {}
    with asking("subnet", cidr):
        found = client.describe_subnets(Filters=[mine(spec.id)])["Subnets"]
        subnet = (
            found[0]
            if found
            else client.create_subnet(
                VpcId=vpc,
                CidrBlock=cidr,
                TagSpecifications=tags("subnet", spec, spec.id),
                **placed,
            )["Subnet"]
        )
        if not subnet["MapPublicIpOnLaunch"]:
            # the series' machines have no NAT gateway: they need addresses to fetch anything
            client.modify_subnet_attribute(
                SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True}
            )
    return subnet["SubnetId"]


def _route_table(client: Client, spec: ClusterSpec, vpc: str) -> str:
    with asking("route table of", vpc):
        found = client.describe_route_tables(Filters=[mine(spec.id)])["RouteTables"]
        if found:
            return found[0]["RouteTableId"]
        made = client.create_route_table(
            VpcId=vpc, TagSpecifications=tags("route-table", spec, spec.id)
        )
    return made["RouteTable"]["RouteTableId"]


def _default_route(client: Client, table: str, gateway: str, say: Say) -> None:
    with asking("default route of", table):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        found = [r for r in shown["Routes"] if r.get("DestinationCidrBlock") == ANYWHERE]
        if found and found[0].get("GatewayId") == gateway:
            return
        say("what leaves the VPC goes by its internet gateway")
        change = client.replace_route if found else client.create_route
        change(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)


def _associate(client: Client, table: str, subnet: str, say: Say) -> None:
    with asking("route table of", subnet):
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
    with asking("security group of", vpc):
        found = client.describe_security_groups(Filters=[mine(spec.id)])["SecurityGroups"]
        if found:
            return found[0]["GroupId"]
        made = client.create_security_group(
            GroupName=f"kubernetes-from-scratch-{spec.id}",
            Description="Machines of the cluster",
            VpcId=vpc,
            TagSpecifications=tags("security-group", spec, spec.id),
        )
    return made["GroupId"]


def unroute(client: Client, table: str, *, cidr: str) -> None:
    """The table has no route for ``cidr``. Errors: PlatformError."""
    with suppress(Missing), asking("route", cidr):
        client.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)


def route(client: Client, table: str, *, cidr: str, instance: str, say: Say) -> None:
    """The table sends ``cidr`` to the instance.

    Errors: PlatformError.
    """
    with asking("route", cidr):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        existing = [r for r in shown["Routes"] if r.get("DestinationCidrBlock") == cidr]
        if existing and existing[0].get("InstanceId") == instance:
            return
        say(f"the VPC sends {cidr} to {instance}")
        change = client.replace_route if existing else client.create_route
        change(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=instance)
