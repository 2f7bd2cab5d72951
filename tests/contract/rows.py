"""The contracts: what AWS does and plain moto does not, one function a row of the study.

Each holds on the local EC2 (test_local_ec2.py) and fails on plain moto (test_plain_moto.py).
"""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from tests.contract.world import World, refused

Row = Callable[[World], None]
ROWS: list[Row] = []
POOL = ip_network("203.0.113.0/24")


def row(contract: Row) -> Row:
    ROWS.append(contract)
    return contract


@row
def launched_is_pending_until_observed(world: World) -> None:
    instance = world.launch()
    assert world.state(instance) == "pending"
    world.settle()
    assert world.state(instance) == "running"


@row
def stopped_is_stopping_until_observed(world: World) -> None:
    instance = world.running()
    answer = world.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
    assert answer["PreviousState"]["Name"] == "running"
    assert (answer["CurrentState"]["Name"], world.state(instance)) == ("stopping", "stopping")
    world.settle()
    assert world.state(instance) == "stopped"


@row
def started_is_pending_until_observed(world: World) -> None:
    instance = world.running()
    world.ec2.stop_instances(InstanceIds=[instance])
    world.settle()
    world.ec2.start_instances(InstanceIds=[instance])
    assert world.state(instance) == "pending"
    world.settle()
    assert world.state(instance) == "running"


@row
def terminated_is_shutting_down_until_observed(world: World) -> None:
    instance = world.running()
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert world.state(instance) == "shutting-down"
    world.settle()
    assert world.state(instance) == "terminated"


@row
def terminated_cannot_be_started(world: World) -> None:
    instance = world.running()
    world.terminate(instance)
    with refused("IncorrectInstanceState"):
        world.ec2.start_instances(InstanceIds=[instance])


@row
def terminated_cannot_be_stopped(world: World) -> None:
    instance = world.running()
    world.terminate(instance)
    with refused("IncorrectInstanceState"):
        world.ec2.stop_instances(InstanceIds=[instance])


@row
def stopped_cannot_be_rebooted(world: World) -> None:
    instance = world.running()
    world.ec2.stop_instances(InstanceIds=[instance])
    world.settle()
    with refused("IncorrectInstanceState"):
        world.ec2.reboot_instances(InstanceIds=[instance])


@row
def stop_of_two_changes_none_when_one_is_refused(world: World) -> None:
    first, second = world.running(), world.running()
    world.terminate(second)
    with refused("IncorrectInstanceState"):
        world.ec2.stop_instances(InstanceIds=[first, second])
    assert world.state(first) == "running"


@row
def max_count_other_than_min_count(world: World) -> None:
    with refused("UnsupportedOperation"):
        world.run(MaxCount=2)


@row
def client_token_gives_the_same_instance(world: World) -> None:
    assert world.launch(ClientToken="once") == world.launch(ClientToken="once")


@row
def client_token_with_other_parameters(world: World) -> None:
    world.launch(ClientToken="once")
    with refused("IdempotentParameterMismatch"):
        world.run(ClientToken="once", InstanceType="t3.medium")


@row
def client_token_of_a_terminated_instance(world: World) -> None:
    world.terminate(world.running(ClientToken="once"))
    with refused("IdempotentInstanceTerminated"):
        world.run(ClientToken="once")


@row
def private_ip_in_use(world: World) -> None:
    world.running(PrivateIpAddress="10.0.1.10")
    with refused("InvalidIPAddress.InUse"):
        world.run(PrivateIpAddress="10.0.1.10")


@row
def private_ip_outside_the_subnet(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.run(PrivateIpAddress="10.0.2.10")


@row
def private_ip_reserved_by_the_subnet(world: World) -> None:
    for address in ("10.0.1.0", "10.0.1.1", "10.0.1.3", "10.0.1.255"):
        with refused("InvalidParameterValue"):
            world.run(PrivateIpAddress=address)


@row
def automatic_public_ip_is_nobodys(world: World) -> None:
    world.gateway()
    instance = world.running()
    assert ip_address(world.describe(instance)["PublicIpAddress"]) in POOL


@row
def elastic_ip_is_nobodys(world: World) -> None:
    address = world.elastic(world.running())
    assert ip_address(address["PublicIp"]) in POOL


@row
def elastic_ip_survives_stop_and_start(world: World) -> None:
    world.gateway()
    instance = world.running()
    address = world.elastic(instance)["PublicIp"]
    world.ec2.stop_instances(InstanceIds=[instance])
    world.settle()
    assert world.describe(instance).get("PublicIpAddress") == address
    world.ec2.start_instances(InstanceIds=[instance])
    assert world.describe(instance)["PublicIpAddress"] == address


@row
def pending_cannot_take_an_address(world: World) -> None:
    instance = world.launch()
    with refused("IncorrectInstanceState"):
        world.elastic(instance)


@row
def associated_address_cannot_be_released(world: World) -> None:
    address = world.elastic(world.running())
    with refused("InvalidIPAddress.InUse"):
        world.ec2.release_address(AllocationId=address["AllocationId"])


@row
def launch_needs_a_mapping_of_the_images_root(world: World) -> None:
    disk = {"VolumeSize": 20, "VolumeType": "gp3"}
    for mappings in (None, [{"DeviceName": "/dev/sda1", "Ebs": disk}]):
        with refused("UnsupportedOperation"):
            world.run(BlockDeviceMappings=mappings)


@row
def unknown_image(world: World) -> None:
    with refused("InvalidAMIID.NotFound"):
        world.run(ImageId="ami-00000000000000000")


@row
def unknown_key_pair(world: World) -> None:
    with refused("InvalidKeyPair.NotFound"):
        world.run(KeyName="nobody")


@row
def unknown_instance_type(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.run(InstanceType="t3.enormous")


@row
def unknown_parameter_is_not_dropped(world: World) -> None:
    with refused("UnsupportedOperation"):
        world.run(CpuOptions={"CoreCount": 1})


@row
def refused_launch_leaves_no_interface(world: World) -> None:
    with refused("InvalidAMIID.NotFound"):
        world.run(ImageId="ami-00000000000000000")
    assert world.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def interface(world: World, instance: str) -> Any:
    filters = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return world.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"][0]


@row
def source_dest_check_of_the_instance_is_the_interfaces(world: World) -> None:
    instance = world.running()
    world.ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    assert interface(world, instance)["SourceDestCheck"] is False
    assert world.describe(instance)["SourceDestCheck"] is False


@row
def source_dest_check_of_the_interface_is_the_instances(world: World) -> None:
    instance = world.running()
    world.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface(world, instance)["NetworkInterfaceId"],
        SourceDestCheck={"Value": False},
    )
    assert world.describe(instance)["SourceDestCheck"] is False


@row
def unknown_group_of_an_instance(world: World) -> None:
    instance = world.running()
    with refused("InvalidGroup.NotFound"):
        world.ec2.modify_instance_attribute(InstanceId=instance, Groups=["sg-00000000000000000"])


@row
def terminated_frees_its_private_ip(world: World) -> None:
    world.terminate(world.running(PrivateIpAddress="10.0.1.10"))
    again = world.running(PrivateIpAddress="10.0.1.10")
    assert world.describe(again)["PrivateIpAddress"] == "10.0.1.10"


@row
def terminated_has_no_interface_or_address(world: World) -> None:
    instance = world.running()
    address = world.elastic(instance)
    world.terminate(instance)
    assert "PublicIpAddress" not in world.describe(instance)
    assert "PrivateIpAddress" not in world.describe(instance)
    assert world.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    world.ec2.release_address(AllocationId=address["AllocationId"])  # no longer associated


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
def unknown_filter_of_instances(world: World) -> None:
    world.running()
    with refused("InvalidParameterValue"):
        world.ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["red"]}])


@row
def unknown_filter_of_networks(world: World) -> None:
    for describe in (world.ec2.describe_vpcs, world.ec2.describe_security_groups):
        with refused("InvalidParameterValue"):
            describe(Filters=[{"Name": "colour", "Values": ["red"]}])


@row
def action_without_an_implementation(world: World) -> None:
    with refused("UnsupportedOperation"):
        world.ec2.describe_volume_status()


@row
def action_that_only_pretends(world: World) -> None:
    instance = world.running()
    with refused("UnsupportedOperation"):
        world.ec2.create_image(InstanceId=instance, Name="image")


@row
def console_output_is_the_machines(world: World) -> None:
    if world.front:
        world.front.console = lambda ident: f"console of {ident}"
    instance = world.running()
    output = world.ec2.get_console_output(InstanceId=instance)["Output"]
    assert output == f"console of {instance}"


@row
def status_is_initializing_until_reachable(world: World) -> None:
    instance = world.running()

    def status() -> str:
        answer = world.ec2.describe_instance_status(InstanceIds=[instance])
        return str(answer["InstanceStatuses"][0]["InstanceStatus"]["Status"])

    assert status() == "initializing"
    world.front.reachable(instance, ok=True)
    assert status() == "ok"
    world.ec2.reboot_instances(InstanceIds=[instance])
    assert status() == "initializing"


@row
def nothing_exists_that_no_call_made(world: World) -> None:
    vpcs = [vpc["VpcId"] for vpc in world.ec2.describe_vpcs()["Vpcs"]]
    subnets = [subnet["SubnetId"] for subnet in world.ec2.describe_subnets()["Subnets"]]
    assert (vpcs, subnets) == ([world.vpc], [world.subnet])
