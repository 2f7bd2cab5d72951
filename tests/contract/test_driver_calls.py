"""What the EBS CSI driver v1.62.0 sends (its pkg/cloud/cloud.go) is answered, not refused."""

from typing import Any

import pytest

from tests.contract.rows.disks import ZONE, volume
from tests.contract.world import World, refused

NAMED = {"Key": "CSIVolumeName", "Value": "pvc-1"}
BY_NAME = {"Name": "tag:CSIVolumeName", "Values": ["pvc-0", "pvc-1"]}
SPECIFIED = [{"ResourceType": "volume", "Tags": [NAMED]}]


@pytest.fixture
def claimed(local: World) -> str:
    """CreateDisk's volume."""
    return volume(
        local,
        Encrypted=False,
        MultiAttachEnabled=False,
        ClientToken="a" * 64,
        Iops=3000,
        Throughput=125,
        TagSpecifications=SPECIFIED,
    )


def test_limit_is_told_to_a_dry_run(local: World) -> None:
    """getVolumeLimits reads the number after "maximum is"."""
    with refused("InvalidParameterValue"):
        local.ec2.create_volume(
            VolumeType="gp3",
            Size=4,
            Iops=2**31 - 1,
            DryRun=True,
            AvailabilityZoneId=local.ec2.describe_availability_zones()["AvailabilityZones"][0][
                "ZoneId"
            ],
            TagSpecifications=SPECIFIED,
        )


def test_probe_is_a_dry_run(local: World) -> None:
    with refused("DryRunOperation"):
        local.ec2.describe_availability_zones(DryRun=True)


def test_volume_is_found_by_name_and_by_id(local: World, claimed: str) -> None:
    for asked in ({"Filters": [BY_NAME]}, {"VolumeIds": [claimed]}):
        (shown,) = local.ec2.describe_volumes(**asked)["Volumes"]
        assert shown["VolumeId"] == claimed


def test_volume_is_attached_watched_and_detached(local: World, claimed: str) -> None:
    instance = local.running()
    described = local.ec2.describe_instances(InstanceIds=[instance])
    kind = described["Reservations"][0]["Instances"][0]["InstanceType"]
    assert local.ec2.describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    local.ec2.attach_volume(Device="/dev/xvdaa", InstanceId=instance, VolumeId=claimed)
    local.settle()
    assert local.ec2.describe_volume_status(VolumeIds=[claimed])["VolumeStatuses"]
    local.ec2.detach_volume(InstanceId=instance, VolumeId=claimed)


def test_volume_is_changed_and_tagged(local: World, claimed: str) -> None:
    local.ec2.modify_volume(VolumeId=claimed, Size=8, VolumeType="gp3", Iops=4000, Throughput=250)
    assert local.ec2.describe_volumes_modifications(VolumeIds=[claimed])["VolumesModifications"]
    local.ec2.create_tags(Resources=[claimed], Tags=[{"Key": "a", "Value": ""}])
    local.ec2.delete_tags(Resources=[claimed], Tags=[{"Key": "a"}])


def test_volume_is_copied(local: World, claimed: str) -> None:
    asked: dict[str, Any] = {
        "SourceVolumeId": claimed,
        "ClientToken": "b" * 64,
        "Size": 4,
        "VolumeType": "gp3",
        "MultiAttachEnabled": False,
        "TagSpecifications": SPECIFIED,
    }
    assert local.ec2.copy_volumes(**asked)["Volumes"]


def test_snapshots_are_listed(local: World, claimed: str) -> None:
    """ListSnapshots sends MaxResults 0 for all."""
    made = local.ec2.create_snapshot(
        VolumeId=claimed,
        Description="Created by AWS EBS CSI driver for volume vol",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [NAMED]}],
    )["SnapshotId"]
    by_volume = {"Name": "volume-id", "Values": [claimed]}
    for asked in (
        {"MaxResults": 0, "Filters": [by_volume]},
        {"MaxResults": 5, "Filters": [by_volume]},
        {"SnapshotIds": [made]},
        {"Filters": [BY_NAME]},
    ):
        (shown,) = local.ec2.describe_snapshots(**asked)["Snapshots"]
        assert shown["SnapshotId"] == made
    local.settle()
    assert volume(local, AvailabilityZone=ZONE, SnapshotId=made)
    local.ec2.delete_snapshot(SnapshotId=made, DryRun=False)
