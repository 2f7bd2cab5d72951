"""Dry runs: checked, not done."""

from tests.contract.rows.disks import volume
from tests.contract.rows.registry import row
from tests.contract.world import World, refused

DRY = "DryRunOperation"


@row
def dry_run_makes_no_network(world: World) -> None:
    with refused(DRY):
        world.ec2.create_vpc(CidrBlock="10.1.0.0/16", DryRun=True)
    assert [vpc["VpcId"] for vpc in world.ec2.describe_vpcs()["Vpcs"]] == [world.vpc]


@row
def dry_run_makes_no_route(world: World) -> None:
    gateway, table = world.gateway(), world.main_table()
    with refused(DRY):
        world.ec2.create_route(
            RouteTableId=table,
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=gateway,
            DryRun=True,
        )
    with refused(DRY):
        world.ec2.delete_route_table(RouteTableId=table, DryRun=True)
    (shown,) = world.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert [route["GatewayId"] for route in shown["Routes"]] == ["local"]


@row
def dry_run_of_a_look_shows_nothing(world: World) -> None:
    instance = world.running()
    with refused(DRY):
        world.ec2.describe_volumes(DryRun=True)
    with refused(DRY):
        world.ec2.describe_security_groups(DryRun=True)
    with refused(DRY):
        world.ec2.get_console_output(InstanceId=instance, DryRun=True)


@row
def dry_run_uses_no_token(world: World) -> None:
    with refused(DRY):
        world.ec2.create_route_table(VpcId=world.vpc, ClientToken="t", DryRun=True)
    made = [
        world.ec2.create_route_table(VpcId=world.vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        for _ in range(2)
    ]
    assert made[0] == made[1]


@row
def dry_run_of_a_used_token_is_a_dry_run(world: World) -> None:
    made = volume(world, ClientToken="once")
    with refused(DRY):
        volume(world, ClientToken="once", DryRun=True)
    assert volume(world, ClientToken="once") == made


@row
def route_table_of_a_used_token_with_other_parameters(world: World) -> None:
    world.ec2.create_route_table(VpcId=world.vpc, ClientToken="once")
    tags = [{"ResourceType": "route-table", "Tags": [{"Key": "K", "Value": "1"}]}]
    with refused("IdempotentParameterMismatch"):
        world.ec2.create_route_table(VpcId=world.vpc, ClientToken="once", TagSpecifications=tags)
