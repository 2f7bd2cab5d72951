"""Volumes and snapshots as EC2 sees them: the witness beside what Kubernetes says of its claims."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from infra.ec2.api import Client, Missing, asking


@dataclass(frozen=True)
class Volume:
    """``gib``; ``iops`` a second; ``throughput`` in MiB/s; ``instance`` it is attached to, if any.

    ``attachment`` is the attachment's state, empty when there is none; ``source`` is the volume
    that it is a copy of.
    """

    id: str
    state: str
    gib: int
    kind: str
    iops: int
    throughput: int
    zone: str
    instance: str = ""
    device: str = ""
    attachment: str = ""
    snapshot: str = ""
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)

    def unlike(self, **wanted: object) -> list[str]:
        """What is otherwise than wanted, by field."""
        found = {name: getattr(self, name) for name in wanted}
        return [f"{n} is {found[n]}, not {wanted[n]}" for n in wanted if found[n] != wanted[n]]


@dataclass(frozen=True)
class Snapshot:
    id: str
    volume: str
    state: str
    gib: int


@dataclass(frozen=True)
class Witness:
    """What EC2 says. Errors of every method: PlatformError."""

    client: Client

    def volume(self, ident: str) -> Volume | None:
        with suppress(Missing), asking("volume", ident):
            return volume(self.client.describe_volumes(VolumeIds=[ident])["Volumes"][0])
        return None

    def tagged(self, key: str, value: str) -> list[Volume]:
        """Volumes with this tag."""
        wanted: Any = [{"Name": f"tag:{key}", "Values": [value]}]
        with asking("volumes tagged", value):
            return [volume(v) for v in self.client.describe_volumes(Filters=wanted)["Volumes"]]

    def change(self, ident: str) -> Mapping[str, Any]:
        """The latest modification: ModificationState, OriginalIops, TargetIops and so on."""
        with suppress(Missing), asking("modifications of", ident):
            answer = self.client.describe_volumes_modifications(VolumeIds=[ident])
            return dict(answer["VolumesModifications"][0])
        return {}

    def snapshots(self, volume_id: str) -> list[Snapshot]:
        wanted: Any = [{"Name": "volume-id", "Values": [volume_id]}]
        with asking("snapshots of", volume_id):
            answer = self.client.describe_snapshots(Filters=wanted)
        return [
            Snapshot(s["SnapshotId"], s["VolumeId"], s["State"], s["VolumeSize"])
            for s in answer["Snapshots"]
        ]

    def delete(self, ident: str) -> None:
        """A volume that nobody else removes any more; fine when it is gone."""
        with suppress(Missing), asking("volume", ident):
            self.client.delete_volume(VolumeId=ident)


def volume(shown: Any) -> Volume:
    attached = shown["Attachments"][0] if shown.get("Attachments") else {}
    return Volume(
        id=shown["VolumeId"],
        state=shown["State"],
        gib=shown["Size"],
        kind=shown["VolumeType"],
        iops=shown.get("Iops", 0),
        throughput=shown.get("Throughput", 0),
        zone=shown["AvailabilityZone"],
        instance=attached.get("InstanceId", ""),
        device=attached.get("Device", ""),
        attachment=attached.get("State", ""),
        snapshot=shown.get("SnapshotId") or "",
        source=shown.get("SourceVolumeId") or "",
        tags={tag["Key"]: tag["Value"] for tag in shown.get("Tags", [])},
    )
