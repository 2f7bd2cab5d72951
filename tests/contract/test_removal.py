"""After ``down`` nothing is left: not a volume, not a role; what is left all the same is named."""

import sys
from pathlib import Path
from typing import Any

import pytest

from infra import ec2
from infra.ec2 import api, instance_profile
from infra.ec2.api import TAG, tags
from infra.errors import PlatformError
from infra.inventory import ClusterSpec
from infra.localec2.moto_api.pages import LEAST
from tests.contract.cluster import NOTHING, SPEC, hooked, left, provision, remove
from tests.contract.test_ownership import owned
from tests.contract.world import settle
from tests.unit.fakes import no_time_passes

removal: Any = sys.modules["infra.ec2.remove"]


def silent(_: str) -> None:
    pass


def with_storage(client: Any, front: Any, spec: ClusterSpec) -> str:
    """What a killed scenario of storage leaves: a volume and a snapshot of it; the volume."""
    made = client.create_volume(
        AvailabilityZone="ap-southeast-1a",
        Size=4,
        VolumeType="gp3",
        TagSpecifications=tags("volume", spec, "pvc"),
    )
    settle(front)
    client.create_snapshot(
        VolumeId=made["VolumeId"], TagSpecifications=tags("snapshot", spec, "snap")
    )
    settle(front)
    return str(made["VolumeId"])


def disks(client: Any) -> list[str]:
    """Volumes, and snapshots beside those of images, that EC2 has."""
    volumes = [v["VolumeId"] for v in client.describe_volumes()["Volumes"]]
    ours: Any = [{"Name": "tag-key", "Values": [TAG]}]
    return volumes + [s["SnapshotId"] for s in client.describe_snapshots(Filters=ours)["Snapshots"]]


def test_volumes_snapshots_and_the_role_go_too(
    client: Any, iam: Any, front: Any, tmp_path: Path
) -> None:
    spec = owned(tmp_path)
    made = provision(client, spec)
    with_storage(client, front, spec)
    instance_profile.give(client, iam, spec, [i.id for i in made.instances.values()])
    said: list[str] = []
    for _ in range(2):
        ec2.remove(client, iam, spec, say=said.append)
    assert left(client) == NOTHING
    assert disks(client) == []
    assert list(instance_profile.of(iam, spec.id)) == []
    assert [text.split()[1] for text in said if text.startswith("removes")] == [
        "snapshot",
        "volume",
        "VPC",
    ]


def test_what_is_on_a_later_page_goes_too(client: Any, front: Any, tmp_path: Path) -> None:
    """AWS may end an answer early, whatever is asked."""
    spec = owned(tmp_path)
    provision(client, spec)
    for _ in range(LEAST + 2):
        with_storage(client, front, spec)

    def ends_early(params: dict[str, Any], **_: Any) -> None:
        params.setdefault("MaxResults", LEAST)

    with (
        hooked(client, "provide-client-params.ec2.DescribeVolumes", ends_early),
        hooked(client, "provide-client-params.ec2.DescribeSnapshots", ends_early),
    ):
        remove(client, spec)
    assert disks(client) == []


def test_disks_of_others_stay(client: Any, front: Any, tmp_path: Path) -> None:
    provision(client)
    with_storage(client, front, owned(tmp_path))
    remove(client, SPEC)
    assert len(disks(client)) == 2


def test_an_attached_volume_goes_after_its_machine(
    client: Any, iam: Any, front: Any, tmp_path: Path
) -> None:
    spec = owned(tmp_path)
    made = provision(client, spec)
    volume = with_storage(client, front, spec)
    worker = made.instances[spec.workers[0].name]
    client.attach_volume(VolumeId=volume, InstanceId=worker.id, Device="/dev/xvdaa")
    settle(front)
    ec2.remove(client, iam, spec, say=silent)
    assert disks(client) == []


def test_an_address_is_released_whose_association_is_gone(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(client)
    shown = client.describe_addresses()
    client.disassociate_address(AssociationId=shown["Addresses"][0]["AssociationId"])
    with monkeypatch.context() as stale:
        stale.setattr(client, "describe_addresses", lambda **_: shown)
        removal._addresses(client, SPEC.id)
    assert client.describe_addresses()["Addresses"] == []


def test_what_is_left_is_named(
    client: Any, iam: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = owned(tmp_path)
    provision(client, spec)
    monkeypatch.setattr(removal, "GONE_WITHIN", 0.0)
    monkeypatch.setattr(removal, "_addresses", lambda *_: None)
    with pytest.raises(PlatformError, match=rf"{spec.id}: is not gone, .* address eipalloc-\w+ st"):
        ec2.remove(client, iam, spec, say=silent)


def test_what_aws_shows_late_is_not_called_gone(
    client: Any, iam: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run was killed after it had asked for an address."""
    no_time_passes(monkeypatch)
    monkeypatch.setattr(api, "AMAZON", "127.0.0.1")
    spec = owned(tmp_path)
    client.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", spec, "lb"))
    looks: list[str] = []

    def hide(parsed: dict[str, Any], **_: Any) -> None:
        looks.append("looked")
        if len(looks) <= 3:
            parsed["Addresses"] = []

    with (
        hooked(client, "after-call.ec2.DescribeAddresses", hide),
        pytest.raises(PlatformError, match=r"is not gone, .* address eipalloc-\w+ still there"),
    ):
        ec2.remove(client, iam, spec, say=silent)
    ec2.remove(client, iam, spec, say=silent)
    assert left(client) == NOTHING
