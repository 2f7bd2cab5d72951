"""Volumes of one real machine: plugged, written, copied, unplugged, there again after a boot."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.localec2.host import process_identity
from infra.wait import eventually
from tests.localec2.bare import Boots
from tests.localec2.cloud import REGION, Cloud, launched

SOON = 20.0
"""Seconds for the local EC2 to plug or to copy: a pass, and a copy of what was written."""
BY_ID = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"


class Disks:
    """EC2 calls about volumes, each until it is done."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def make(self, **asked: Any) -> str:
        asked = {"AvailabilityZone": f"{REGION}a", "VolumeType": "gp3"} | asked
        made = self.cloud.api.create_volume(**asked)["VolumeId"]
        self.becomes(made, "available")
        return str(made)

    def state(self, volume: str) -> str:
        shown = self.cloud.api.describe_volumes(VolumeIds=[volume])["Volumes"][0]
        attached = shown.get("Attachments")
        return str(attached[0]["State"] if attached else shown["State"])

    def becomes(self, volume: str, state: str) -> None:
        eventually(
            lambda: self.state(volume),
            lambda seen: seen == state,
            within=SOON,
            what=f"{volume} is {state}",
            every=0.1,
        )

    def attach(self, volume: str, device: str = "/dev/xvdaa") -> str:
        """Path of the disk on the machine."""
        self.cloud.api.attach_volume(VolumeId=volume, InstanceId=self.cloud.id, Device=device)
        self.becomes(volume, "attached")
        return BY_ID + volume.replace("-", "")

    def detach(self, volume: str) -> None:
        self.cloud.api.detach_volume(VolumeId=volume)

    def snapshot(self, volume: str) -> str:
        made = self.cloud.api.create_snapshot(VolumeId=volume)["SnapshotId"]
        eventually(
            lambda: self.cloud.api.describe_snapshots(SnapshotIds=[made])["Snapshots"][0]["State"],
            lambda state: state == "completed",
            within=SOON,
            what=f"{made} is completed",
            every=0.1,
        )
        return str(made)

    def removed(self, volume: str) -> None:
        self.detach(volume)
        self.becomes(volume, "available")
        self.cloud.api.delete_volume(VolumeId=volume)


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory, boots: Boots) -> Iterator[Disks]:
    with launched(tmp_path_factory.mktemp("state"), boots) as cloud:
        yield Disks(cloud)


def test_an_attached_volume_is_a_disk_of_that_name_and_size(disks: Disks) -> None:
    volume = disks.make(Size=2)
    path = disks.attach(volume)
    eventually(
        lambda: disks.cloud.run("udevadm", "settle") or disks.cloud.run("ls", path),
        lambda seen: seen == path,
        within=SOON,
        what="udev has made its link",
    )
    assert disks.cloud.run("lsblk", "-bdno", "SIZE,SERIAL", path).split() == [
        str(2 * 2**30),
        volume.replace("-", ""),
    ]
    disks.removed(volume)


def test_a_restored_snapshot_has_what_was_written_before_it(disks: Disks) -> None:
    volume = disks.make(Size=2)
    path = disks.attach(volume)
    disks.cloud.run("mkfs.ext4", "-q", path)
    disks.cloud.run("mount", path, "/mnt")
    disks.cloud.run("sh", "-c", "echo then > /mnt/file; sync")
    snapshot = disks.snapshot(volume)
    disks.cloud.run("sh", "-c", "echo now > /mnt/file; sync")
    restored = disks.make(SnapshotId=snapshot, Size=3)
    other = disks.attach(restored, "/dev/xvdab")
    disks.cloud.run("mkdir", "-p", "/media/other")
    disks.cloud.run("mount", other, "/media/other")
    assert disks.cloud.run("cat", "/media/other/file") == "then"
    assert disks.cloud.run("cat", "/mnt/file") == "now"
    disks.cloud.run("umount", "/mnt", "/media/other")
    disks.removed(restored)
    disks.removed(volume)
    disks.cloud.api.delete_snapshot(SnapshotId=snapshot)


def test_a_mounted_volume_is_busy_until_it_is_unmounted(disks: Disks) -> None:
    volume = disks.make(Size=2)
    path = disks.attach(volume)
    disks.cloud.run("mkfs.ext4", "-q", path)
    disks.cloud.run("mount", path, "/mnt")
    disks.detach(volume)
    disks.becomes(volume, "busy")
    assert disks.cloud.run("sh", "-c", "echo on > /mnt/file; sync; cat /mnt/file") == "on"
    disks.cloud.run("umount", "/mnt")
    disks.becomes(volume, "available")
    disks.cloud.api.delete_volume(VolumeId=volume)


def test_a_volume_is_plugged_again_after_a_boot(disks: Disks) -> None:
    volume = disks.make(Size=2)
    path = disks.attach(volume)
    disks.cloud.run("sh", "-c", f"echo kept | dd of={path} conv=fsync status=none")
    disks.cloud.api.reboot_instances(InstanceIds=[disks.cloud.id])
    eventually(disks.cloud.check, lambda s: s != "ok", within=5, what="it reboots", every=0.05)
    disks.cloud.answers()
    eventually(
        lambda: disks.cloud.run("sh", "-c", f"head -c 4 {path} 2>/dev/null || true"),
        lambda seen: seen == "kept",
        within=SOON,
        what="its content is there again",
    )
    disks.removed(volume)


def test_a_killed_daemon_makes_no_second_volume_and_attaches_the_first(disks: Disks) -> None:
    volume = disks.make(Size=2, ClientToken="once")
    daemon = disks.cloud.daemon()
    assert process_identity.send(daemon, signal.SIGKILL)
    assert process_identity.ended(daemon, within=5)
    disks.cloud.start()
    assert disks.make(Size=2, ClientToken="once") == volume
    disks.attach(volume)
    shown = disks.cloud.api.describe_volumes()["Volumes"]
    assert sorted(v["Size"] for v in shown) == [2, 8], "the root and this one"
    disks.removed(volume)


def test_nothing_is_left(disks: Disks) -> None:
    root: Path = disks.cloud.place.root
    files = [path for folder in ("volumes", "snapshots") for path in (root / folder).iterdir()]
    eventually(
        lambda: [path for path in files if path.exists()],
        lambda left: not left,
        within=SOON,
        what="no file of a volume or a snapshot is left",
    )
