"""Networks: what is in use stays, what is gone is a blackhole."""

from tests.contract.rows.registry import row
from tests.contract.world import World, refused


@row
def route_to_a_terminated_instance_is_a_blackhole(world: World) -> None:
    instance = world.running()
    world.ec2.create_route(
        RouteTableId=world.main_table(),
        DestinationCidrBlock="10.200.0.0/24",
        InstanceId=instance,
    )
    assert world.route_state("10.200.0.0/24") == "active"
    world.terminate(instance)
    assert world.route_state("10.200.0.0/24") == "blackhole"


@row
def route_to_a_detached_gateway_is_a_blackhole(world: World) -> None:
    gateway = world.gateway()
    world.ec2.create_route(
        RouteTableId=world.main_table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    assert world.route_state("0.0.0.0/0") == "active"
    world.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=world.vpc)
    assert world.route_state("0.0.0.0/0") == "blackhole"


@row
def subnet_in_use_cannot_be_deleted(world: World) -> None:
    instance = world.running()
    with refused("DependencyViolation"):
        world.ec2.delete_subnet(SubnetId=world.subnet)
    world.terminate(instance)
    world.ec2.delete_subnet(SubnetId=world.subnet)


@row
def security_group_in_use_cannot_be_deleted(world: World) -> None:
    instance = world.running()
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=world.group)
    world.terminate(instance)
    world.ec2.delete_security_group(GroupId=world.group)


@row
def security_group_in_a_rule_cannot_be_deleted(world: World) -> None:
    other = world.ec2.create_security_group(
        GroupName="other", Description="other", VpcId=world.vpc
    )["GroupId"]
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": world.group}]}
    world.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=world.group)


@row
def default_security_group_cannot_be_deleted(world: World) -> None:
    filters = [
        {"Name": "vpc-id", "Values": [world.vpc]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    groups = world.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    with refused("CannotDelete"):
        world.ec2.delete_security_group(GroupId=groups[0]["GroupId"])


@row
def vpc_with_a_security_group_cannot_be_deleted(world: World) -> None:
    world.ec2.delete_subnet(SubnetId=world.subnet)
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=world.vpc)
    world.ec2.delete_security_group(GroupId=world.group)
    world.ec2.delete_vpc(VpcId=world.vpc)


@row
def vpc_with_a_gateway_cannot_be_deleted(world: World) -> None:
    world.gateway()
    world.ec2.delete_subnet(SubnetId=world.subnet)
    world.ec2.delete_security_group(GroupId=world.group)
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=world.vpc)


@row
def gateway_with_mapped_addresses_cannot_be_detached(world: World) -> None:
    gateway = world.gateway()
    world.running()
    with refused("DependencyViolation"):
        world.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=world.vpc)


@row
def deleted_subnet_leaves_its_route_table(world: World) -> None:
    table = world.ec2.create_route_table(VpcId=world.vpc)["RouteTable"]["RouteTableId"]
    world.ec2.associate_route_table(RouteTableId=table, SubnetId=world.subnet)
    world.ec2.delete_subnet(SubnetId=world.subnet)
    world.ec2.delete_route_table(RouteTableId=table)


@row
def nothing_exists_that_no_call_made(world: World) -> None:
    vpcs = [vpc["VpcId"] for vpc in world.ec2.describe_vpcs()["Vpcs"]]
    subnets = [subnet["SubnetId"] for subnet in world.ec2.describe_subnets()["Subnets"]]
    assert (vpcs, subnets) == ([world.vpc], [world.subnet])


def cidr(number: int) -> dict[str, object]:
    ranges = [{"CidrIp": f"198.51.100.{number}/32"}]
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}


def allowed(world: World) -> list[str]:
    (group,) = world.ec2.describe_security_groups(GroupIds=[world.group])["SecurityGroups"]
    return sorted(r["CidrIp"] for p in group["IpPermissions"] for r in p["IpRanges"])


@row
def rules_are_added_all_or_none(world: World) -> None:
    add = world.ec2.authorize_security_group_ingress
    add(GroupId=world.group, IpPermissions=[cidr(1)])
    with refused("InvalidPermission.Duplicate"):
        add(GroupId=world.group, IpPermissions=[cidr(2), cidr(1)])
    assert allowed(world) == ["198.51.100.1/32"]


@row
def rules_are_revoked_all_or_none(world: World) -> None:
    world.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=[cidr(1)])
    with refused("InvalidPermission.NotFound"):
        world.ec2.revoke_security_group_ingress(
            GroupId=world.group, IpPermissions=[cidr(1), cidr(2)]
        )
    assert allowed(world) == ["198.51.100.1/32"]


@row
def every_added_rule_is_answered(world: World) -> None:
    answer = world.ec2.authorize_security_group_ingress(
        GroupId=world.group, IpPermissions=[cidr(1), cidr(2)]
    )
    added = [rule["CidrIpv4"] for rule in answer["SecurityGroupRules"]]
    assert added == ["198.51.100.1/32", "198.51.100.2/32"]
