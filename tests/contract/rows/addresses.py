"""Interfaces and addresses: nobody's ranges, one fact each, freed at the end."""

from ipaddress import ip_address, ip_network
from typing import Any

from tests.contract.rows.registry import row
from tests.contract.world import World, refused

POOL = ip_network("203.0.113.0/24")


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
