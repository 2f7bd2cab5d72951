"""What the suite reads of EC2 about volumes, on the local EC2."""

from infra.ec2.volumes import Witness
from tests.contract.rows.disks import attach, volume
from tests.contract.world import World

TAGS = [{"ResourceType": "volume", "Tags": [{"Key": "who", "Value": "me"}]}]


def test_a_volume_with_its_attachment(local: World) -> None:
    witness, instance = Witness(local.ec2), local.running()
    disk = volume(local, TagSpecifications=TAGS)
    attach(local, disk, instance)
    local.settle()
    seen = witness.volume(disk)
    assert seen is not None
    assert seen.unlike(
        state="in-use", gib=4, kind="gp3", iops=3000, throughput=125, instance=instance,
        device="/dev/xvdaa", attachment="attached", snapshot="",
    ) == []  # fmt: skip
    assert seen.unlike(gib=8) == ["gib is 4, not 8"]
    assert [found.id for found in witness.tagged("who", "me")] == [disk]
    assert witness.tagged("who", "you") == []


def test_what_is_not_there_is_nothing(local: World) -> None:
    witness = Witness(local.ec2)
    assert witness.volume("vol-00000000000000000") is None
    witness.delete("vol-00000000000000000")
    assert witness.change(volume(local)) == {}


def test_changes_and_snapshots(local: World) -> None:
    witness, disk = Witness(local.ec2), volume(local, Size=8)
    local.ec2.modify_volume(VolumeId=disk, Iops=4000)
    assert witness.change(disk)["TargetIops"] == 4000
    local.ec2.create_snapshot(VolumeId=disk)
    assert [(s.volume, s.state, s.gib) for s in witness.snapshots(disk)] == [(disk, "pending", 8)]
    local.settle()
    assert [s.state for s in witness.snapshots(disk)] == ["completed"]
    witness.delete(disk)
    assert witness.volume(disk) is None
