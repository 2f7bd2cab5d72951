"""Changes of volumes take their time and have limits; snapshots are copies."""

from typing import Any

from tests.contract.rows.disks import attach, shown, volume
from tests.contract.rows.registry import row
from tests.contract.world import World, refused


def change(world: World, disk: str) -> Any:
    answer = world.ec2.describe_volumes_modifications(VolumeIds=[disk])
    assert len(answer["VolumesModifications"]) == 1, answer["VolumesModifications"]
    return answer["VolumesModifications"][0]


def later(world: World, seconds: float) -> None:
    """The local EC2's clock goes on; on plain moto every change is completed at once."""
    if world.front:
        then = world.front.clock() + seconds
        world.front.clock = lambda: then


@row
def modification_is_modifying_then_optimizing_then_completed(world: World) -> None:
    disk = volume(world, Size=8)
    asked = world.ec2.modify_volume(VolumeId=disk, Iops=4000)["VolumeModification"]
    assert asked["ModificationState"] == "modifying"
    assert shown(world, disk)["Iops"] == 3000
    later(world, 1.5)
    assert change(world, disk)["ModificationState"] == "optimizing"
    assert shown(world, disk)["Iops"] == 4000
    later(world, 2)
    assert change(world, disk)["ModificationState"] == "completed"


@row
def modification_has_no_end_before_its_end(world: World) -> None:
    disk = volume(world, Size=8)
    world.ec2.modify_volume(VolumeId=disk, Iops=4000)
    assert "EndTime" not in change(world, disk)
    later(world, 10)
    assert "EndTime" in change(world, disk)


@row
def modification_tells_what_stays(world: World) -> None:
    disk = volume(world, Size=8)
    world.ec2.modify_volume(VolumeId=disk, Iops=4000)
    seen = change(world, disk)
    assert (seen["OriginalIops"], seen["TargetIops"]) == (3000, 4000)
    assert (seen.get("OriginalSize"), seen.get("TargetThroughput")) == (8, 125)


@row
def next_modification_is_refused_while_one_goes_on(world: World) -> None:
    disk = volume(world, Size=8)
    world.ec2.modify_volume(VolumeId=disk, Iops=4000)
    with refused("IncorrectModificationState"):
        world.ec2.modify_volume(VolumeId=disk, Iops=3500)


@row
def fifth_modification_of_a_day_is_refused(world: World) -> None:
    disk = volume(world, Size=8)
    for iops in (4000, 3900, 3800, 3700):
        world.ec2.modify_volume(VolumeId=disk, Iops=iops)
        later(world, 10)
    with refused("VolumeModificationRateExceeded"):
        world.ec2.modify_volume(VolumeId=disk, Iops=3600)


@row
def only_the_latest_modification_is_told(world: World) -> None:
    disk = volume(world, Size=8)
    for iops in (4000, 3900):
        world.ec2.modify_volume(VolumeId=disk, Iops=iops)
        later(world, 10)
    assert change(world, disk)["TargetIops"] == 3900


@row
def volume_without_a_modification(world: World) -> None:
    with refused("InvalidVolumeModification.NotFound"):
        world.ec2.describe_volumes_modifications(VolumeIds=[volume(world)])


@row
def volume_cannot_shrink(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.ec2.modify_volume(VolumeId=volume(world, Size=8), Size=4)


@row
def modification_to_too_many_iops(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.ec2.modify_volume(VolumeId=volume(world, Size=8), Iops=400000)


@row
def attached_volume_cannot_grow_here(world: World) -> None:
    instance, disk = world.running(), volume(world)
    attach(world, disk, instance)
    with refused("UnsupportedOperation"):
        world.ec2.modify_volume(VolumeId=disk, Size=8)


@row
def snapshot_is_pending_until_it_is_copied(world: World) -> None:
    made = world.ec2.create_snapshot(VolumeId=volume(world))
    assert made["State"] == "pending"
    world.settle()
    (seen,) = world.ec2.describe_snapshots(SnapshotIds=[made["SnapshotId"]])["Snapshots"]
    assert seen["State"] == "completed"


@row
def snapshot_keeps_the_size_that_its_volume_had(world: World) -> None:
    disk = volume(world)
    made = world.ec2.create_snapshot(VolumeId=disk)["SnapshotId"]
    world.settle()
    world.ec2.modify_volume(VolumeId=disk, Size=8)
    (seen,) = world.ec2.describe_snapshots(SnapshotIds=[made])["Snapshots"]
    assert seen["VolumeSize"] == 4


@row
def pending_snapshot_makes_no_volume(world: World) -> None:
    snapshot = world.ec2.create_snapshot(VolumeId=volume(world))["SnapshotId"]
    with refused("IncorrectState"):
        volume(world, SnapshotId=snapshot)


@row
def volume_smaller_than_its_snapshot(world: World) -> None:
    snapshot = world.ec2.create_snapshot(VolumeId=volume(world))["SnapshotId"]
    world.settle()
    with refused("InvalidParameterValue"):
        volume(world, SnapshotId=snapshot, Size=2)


@row
def snapshot_of_a_root_device_is_refused(world: World) -> None:
    instance = world.running()
    root = world.describe(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    with refused("UnsupportedOperation"):
        world.ec2.create_snapshot(VolumeId=root)


@row
def copy_of_a_volume_names_its_source(world: World) -> None:
    source = volume(world)
    asked = {"SourceVolumeId": source, "MultiAttachEnabled": False, "VolumeType": "gp3"}
    (copy,) = world.ec2.copy_volumes(**asked)["Volumes"]
    world.settle()
    seen = shown(world, copy["VolumeId"])
    assert (seen["State"], seen["SourceVolumeId"], seen["Size"]) == ("available", source, 4)


@row
def status_of_a_volume(world: World) -> None:
    disk = volume(world)
    (seen,) = world.ec2.describe_volume_status(VolumeIds=[disk])["VolumeStatuses"]
    assert (seen["VolumeId"], seen["VolumeStatus"]["Status"]) == (disk, "ok")
