"""Volumes: what AWS checks, and states that are facts."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.rows.registry import row
from tests.contract.world import World, refused

ZONE = "ap-southeast-1a"


def volume(world: World, **changes: Any) -> str:
    """A volume that is there."""
    asked = {"AvailabilityZone": ZONE, "Size": 4, "VolumeType": "gp3"} | changes
    made = world.ec2.create_volume(**{k: v for k, v in asked.items() if v is not None})
    world.settle()
    return str(made["VolumeId"])


def shown(world: World, ident: str) -> Any:
    return world.ec2.describe_volumes(VolumeIds=[ident])["Volumes"][0]


def attach(world: World, ident: str, instance: str, device: str = "/dev/xvdaa") -> Any:
    return world.ec2.attach_volume(VolumeId=ident, InstanceId=instance, Device=device)


@row
def volume_is_creating_until_its_file_is_there(world: World) -> None:
    made = world.ec2.create_volume(AvailabilityZone=ZONE, Size=4, VolumeType="gp3")
    assert made["State"] == "creating"
    world.settle()
    assert shown(world, made["VolumeId"])["State"] == "available"


@row
def gp3_volume_has_its_default_throughput(world: World) -> None:
    made = shown(world, volume(world))
    assert (made["Iops"], made.get("Throughput")) == (3000, 125)


@row
def volume_in_an_unknown_zone(world: World) -> None:
    with refused("InvalidZone.NotFound"):
        volume(world, AvailabilityZone="ap-southeast-1z")


@row
def zone_by_its_id(world: World) -> None:
    zones = world.ec2.describe_availability_zones()["AvailabilityZones"]
    made = volume(world, AvailabilityZone=None, AvailabilityZoneId=zones[0]["ZoneId"])
    assert shown(world, made).get("AvailabilityZone") == zones[0]["ZoneName"]


@row
def volume_of_too_many_iops(world: World) -> None:
    with refused("InvalidParameterValue"):
        volume(world, Size=1000, Iops=400000)


@row
def volume_of_too_many_iops_for_its_size(world: World) -> None:
    with refused("InvalidParameterCombination"):
        volume(world, Iops=3500)


@row
def volume_of_too_much_throughput_for_its_iops(world: World) -> None:
    with refused("InvalidParameterCombination"):
        volume(world, Size=100, Iops=3000, Throughput=1000)


@row
def dry_run_tells_the_limit(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.ec2.create_volume(
            AvailabilityZone=ZONE, Size=1000, VolumeType="gp3", Iops=400000, DryRun=True
        )


@row
def encrypted_volume_is_refused(world: World) -> None:
    with refused("UnsupportedOperation"):
        volume(world, Encrypted=True)


@row
def volume_token_gives_the_same_volume_whatever_the_order_of_tags(world: World) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    first, second = (
        volume(
            world,
            ClientToken="once",
            TagSpecifications=[{"ResourceType": "volume", "Tags": order}],
        )
        for order in (tags, tags[::-1])
    )
    assert first == second


@row
def volume_token_with_other_parameters(world: World) -> None:
    volume(world, ClientToken="once")
    with refused("IdempotentParameterMismatch"):
        volume(world, ClientToken="once", Size=5)


@row
def unknown_volume_is_the_one_that_is_named(world: World) -> None:
    known, unknown = volume(world), "vol-00000000000000000"
    with pytest.raises(ClientError) as caught:
        world.ec2.describe_volumes(VolumeIds=[known, unknown])
    assert (known in str(caught.value), unknown in str(caught.value)) == (False, True)


@row
def attachment_is_attaching_until_it_is_plugged(world: World) -> None:
    instance, disk = world.running(), volume(world)
    attach(world, disk, instance)
    assert shown(world, disk)["Attachments"][0]["State"] == "attaching"
    mappings = {m["DeviceName"]: m["Ebs"] for m in world.describe(instance)["BlockDeviceMappings"]}
    assert mappings["/dev/xvdaa"]["Status"] == "attaching"
    world.settle()
    assert shown(world, disk)["Attachments"][0]["State"] == "attached"


@row
def attached_volume_cannot_be_attached_again(world: World) -> None:
    first, second, disk = world.running(), world.running(), volume(world)
    attach(world, disk, first)
    with refused("VolumeInUse"):
        attach(world, disk, second)


@row
def device_name_in_use(world: World) -> None:
    instance = world.running()
    attach(world, volume(world), instance)
    with refused("InvalidParameterValue"):
        attach(world, volume(world), instance)


@row
def volume_of_another_zone_cannot_be_attached(world: World) -> None:
    instance = world.running()
    with refused("InvalidVolume.ZoneMismatch"):
        attach(world, volume(world, AvailabilityZone="ap-southeast-1b"), instance)


@row
def volume_cannot_be_attached_to_a_terminated_instance(world: World) -> None:
    instance = world.running()
    world.terminate(instance)
    with refused("IncorrectState"):
        attach(world, volume(world), instance)


@row
def sixteenth_volume_is_over_the_limit(world: World) -> None:
    instance = world.running()
    for letter in "abcdefghijklmno":
        attach(world, volume(world), instance, f"/dev/xvda{letter}")
    with refused("AttachmentLimitExceeded"):
        attach(world, volume(world), instance, "/dev/xvdap")


@row
def detaching_lasts_until_it_is_unplugged(world: World) -> None:
    instance, disk = world.running(), volume(world)
    attach(world, disk, instance)
    world.settle()
    world.ec2.detach_volume(VolumeId=disk)
    assert shown(world, disk)["Attachments"][0]["State"] == "detaching"
    world.front.disk_observed(disk, "busy")
    assert shown(world, disk)["Attachments"][0]["State"] == "busy"
    world.settle()
    assert shown(world, disk)["State"] == "available"


@row
def root_device_cannot_be_detached(world: World) -> None:
    instance = world.running()
    root = world.describe(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    with refused("OperationNotPermitted"):
        world.ec2.detach_volume(VolumeId=root)


@row
def terminated_gives_its_volumes_back(world: World) -> None:
    instance, disk = world.running(), volume(world)
    attach(world, disk, instance)
    world.settle()
    assert shown(world, disk)["Attachments"][0]["State"] == "attached"
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert shown(world, disk)["State"] == "in-use"
    world.settle()
    assert shown(world, disk)["State"] == "available"
