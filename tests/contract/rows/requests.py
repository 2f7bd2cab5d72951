"""Requests: what the local EC2 does not know it refuses."""

from tests.contract.rows.registry import row
from tests.contract.world import World, refused


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
        world.ec2.describe_volume_attribute(
            VolumeId="vol-00000000000000000", Attribute="autoEnableIO"
        )


@row
def action_that_only_pretends(world: World) -> None:
    instance = world.running()
    with refused("UnsupportedOperation"):
        world.ec2.create_image(InstanceId=instance, Name="image")
