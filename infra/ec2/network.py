"""The cluster's network: one VPC, one public subnet, one security group (articles 3 and 14)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.ec2.api import Client, Missing, asking, mine, tags
from infra.inventory import ClusterSpec

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionOutputTypeDef, IpPermissionTypeDef

Say = Callable[[str], None]
OPEN_PORTS = (22, 6443)
"""From outside: SSH, and the API behind the balancer (article 9)."""
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Ids:
    vpc: str
    subnet: str
    route_table: str
    group: str


def ensure(client: Client, spec: ClusterSpec, *, allowed_cidr: str, say: Say) -> Ids:
    """The network is there; only what is missing was made."""
    vpc = _vpc(client, spec, say)
    gateway = _gateway(client, spec, vpc)
    subnet = _subnet(client, spec, vpc)
    table = _route_table(client, spec, vpc)
    _default_route(client, table, gateway)
    _associate(client, table, subnet)
    group = _group(client, spec, vpc)
    _rules(client, group, wanted_rules(spec, allowed_cidr))
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


def wanted_rules(spec: ClusterSpec, allowed_cidr: str) -> "list[IpPermissionTypeDef]":
    """Machines and pods among themselves: everything; the caller: SSH and the API."""
    inside: list[IpPermissionTypeDef] = [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": str(cidr)}]}
        for cidr in (spec.network.vpc, spec.network.pods)
    ]
    outside: list[IpPermissionTypeDef] = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": allowed_cidr}],
        }
        for port in OPEN_PORTS
    ]
    return inside + outside


def _vpc(client: Client, spec: ClusterSpec, say: Say) -> str:
    cidr = str(spec.network.vpc)
    with asking("VPC", cidr):
        found = client.describe_vpcs(Filters=[mine(spec.id)])["Vpcs"]
        if found:
            return found[0]["VpcId"]
        say(f"VPC {cidr} with subnet {spec.network.subnet}")
        made = client.create_vpc(CidrBlock=cidr, TagSpecifications=tags("vpc", spec.id, spec.id))
    return made["Vpc"]["VpcId"]


def _gateway(client: Client, spec: ClusterSpec, vpc: str) -> str:
    with asking("internet gateway of", vpc):
        found = client.describe_internet_gateways(Filters=[mine(spec.id)])["InternetGateways"]
        gateway = (
            found[0]
            if found
            else client.create_internet_gateway(
                TagSpecifications=tags("internet-gateway", spec.id, spec.id)
            )["InternetGateway"]
        )
        if not gateway.get("Attachments"):
            client.attach_internet_gateway(
                InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc
            )
    return gateway["InternetGatewayId"]


def _subnet(client: Client, spec: ClusterSpec, vpc: str) -> str:
    cidr = str(spec.network.subnet)
    with asking("subnet", cidr):
        found = client.describe_subnets(Filters=[mine(spec.id)])["Subnets"]
        subnet = (
            found[0]
            if found
            else client.create_subnet(
                VpcId=vpc, CidrBlock=cidr, TagSpecifications=tags("subnet", spec.id, spec.id)
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
            VpcId=vpc, TagSpecifications=tags("route-table", spec.id, spec.id)
        )
    return made["RouteTable"]["RouteTableId"]


def _default_route(client: Client, table: str, gateway: str) -> None:
    with asking("default route of", table):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        if not any(r.get("DestinationCidrBlock") == ANYWHERE for r in shown["Routes"]):
            client.create_route(
                RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway
            )


def _associate(client: Client, table: str, subnet: str) -> None:
    with asking("route table of", subnet):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        if not any(a.get("SubnetId") == subnet for a in shown["Associations"]):
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
            TagSpecifications=tags("security-group", spec.id, spec.id),
        )
    return made["GroupId"]


def _rules(client: Client, group: str, wanted: "list[IpPermissionTypeDef]") -> None:
    """The rules are the wanted ones; what an earlier caller's address left is revoked."""
    with asking("rules of", group):
        shown = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        have = {key for rule in shown["IpPermissions"] for key in _keys(rule)}
        want = {key: rule for rule in wanted for key in _keys(rule)}
        stale = [_permission(key) for key in sorted(have - want.keys())]
        if stale:
            client.revoke_security_group_ingress(GroupId=group, IpPermissions=stale)
        missing = [rule for key, rule in want.items() if key not in have]
        if missing:
            client.authorize_security_group_ingress(GroupId=group, IpPermissions=missing)


Key = tuple[str, int, int, str]


def _keys(rule: "IpPermissionTypeDef | IpPermissionOutputTypeDef") -> list[Key]:
    """One key a range: EC2 groups ranges of equal ports into one permission."""
    ports = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return [(rule["IpProtocol"], *ports, r["CidrIp"]) for r in rule.get("IpRanges", [])]


def _permission(key: Key) -> "IpPermissionTypeDef":
    protocol, first, last, cidr = key
    if protocol == "-1":
        return {"IpProtocol": protocol, "IpRanges": [{"CidrIp": cidr}]}
    return {
        "IpProtocol": protocol,
        "FromPort": first,
        "ToPort": last,
        "IpRanges": [{"CidrIp": cidr}],
    }


def unroute(client: Client, table: str, *, cidr: str) -> None:
    """The table has no route for ``cidr``. Errors: PlatformError."""
    with suppress(Missing), asking("route", cidr):
        client.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)


def route(client: Client, table: str, *, cidr: str, instance: str) -> None:
    """The table sends ``cidr`` to the instance.

    Errors: PlatformError.
    """
    with asking("route", cidr):
        shown = client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        existing = [r for r in shown["Routes"] if r.get("DestinationCidrBlock") == cidr]
        if not existing:
            client.create_route(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=instance)
        elif existing[0].get("InstanceId") != instance:
            client.replace_route(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=instance)
