"""Launches: what AWS checks before it launches."""

from tests.contract.rows.registry import row
from tests.contract.world import World, refused


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
