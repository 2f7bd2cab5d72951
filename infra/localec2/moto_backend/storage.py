"""EBS in the backend: what attaches, detaches and copies, and what AWS refuses."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidVolumeIdError,
    VolumeInUseError,
)
from moto.ec2.models import EC2Backend
from moto.ec2.models.block_device import BlockDeviceType
from moto.ec2.models.elastic_block_store import VolumeAttachment

from infra.localec2.desired_state import DiskState
from infra.localec2.host.block_devices import UNITS
from infra.localec2.moto_backend import pace
from infra.localec2.moto_backend.volumes import LocalModification, LocalSnapshot, LocalVolume

MOST_VOLUMES = len(UNITS)
"""Volumes beside the root."""
MOST_CHANGES = 4
"""Changes of a volume in 24 hours; EBS user guide, requirements for modifications."""


class StorageBackend(EC2Backend):  # type: ignore[misc]  # moto is untyped
    """Volumes, attachments, snapshots. ``clock`` in seconds; ``pace`` of what begins from now on;
    ``volume_tokens`` by client token.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self.pace = pace.LOCAL
        self.volume_tokens: dict[str, tuple[str, LocalVolume | None]] = {}
        super().__init__(*args, **kwargs)

    def attach_volume(
        self,
        volume_id: str,
        instance_id: str,
        device_path: str,
        delete_on_termination: bool = False,  # noqa: FBT001, FBT002 - moto's signature
    ) -> VolumeAttachment:
        """Called by AttachVolume and, for the root, by moto's launch."""
        volume, instance = self.get_volume(volume_id), self.get_instance(instance_id)
        root = device_path == instance.root_device_name
        if root:
            volume.made = True
        else:
            require_attachable(volume, instance, device_path)
        status = "attached" if root else "attaching"
        volume.attachment = VolumeAttachment(volume, instance, device_path, status)
        volume.attachment.delete_on_termination = delete_on_termination
        instance.block_device_mapping[device_path] = BlockDeviceType(
            volume_id=volume_id,
            status="in-use",
            size=volume.size,
            attach_time=datetime.now(UTC),
            delete_on_termination=delete_on_termination,
        )
        return volume.attachment

    def detach_volume(
        self, volume_id: str, instance_id: str | None, device_path: str | None
    ) -> VolumeAttachment:
        """Called by DetachVolume and, for each volume, when an instance has ended."""
        volume = self.get_volume(volume_id)
        attachment = volume.attachment
        if attachment is None:
            raise EC2ClientError(
                "IncorrectState", f"Volume '{volume_id}' is in the '{volume.status}' state."
            )
        if instance_id not in {None, attachment.instance.id} or device_path not in {
            None,
            attachment.device,
        }:
            raise EC2ClientError(
                "InvalidAttachment.NotFound",
                f"The volume '{volume_id}' is not attached to instance '{instance_id}' as device "
                f"'{device_path}'.",
            )
        if attachment.instance.state == "shutting-down":
            self._let_go(volume)
        elif attachment.device == attachment.instance.root_device_name:
            raise EC2ClientError(
                "OperationNotPermitted",
                f"'{attachment.device}' is the root device of '{attachment.instance.id}'.",
            )
        elif attachment.status != "busy":
            attachment.status = "detaching"
        return attachment

    def _let_go(self, volume: LocalVolume) -> None:
        attachment = volume.attachment
        attachment.instance.block_device_mapping.pop(attachment.device, None)
        attachment.status = "detached"
        volume.attachment = None

    def delete_volume(self, volume_id: str) -> LocalVolume:
        volume = self.get_volume(volume_id)
        if volume.attachment:
            raise VolumeInUseError(volume_id, volume.attachment.instance.id)
        if any(copy.source == volume_id and not copy.made for copy in self.volumes.values()):
            raise EC2ClientError("IncorrectState", f"Volume '{volume_id}' is being copied.")
        return super().delete_volume(volume_id)  # type: ignore[no-any-return]

    def get_volume(self, volume_id: str) -> LocalVolume:
        volume = super().get_volume(volume_id)
        volume.settle()
        return volume  # type: ignore[no-any-return]

    def describe_volumes(
        self, volume_ids: list[str] | None = None, filters: Any = None
    ) -> list[LocalVolume]:
        for volume_id in volume_ids or ():
            if volume_id not in self.volumes:  # moto names all ids, the known ones too
                raise InvalidVolumeIdError(volume_id)
        for volume in self.volumes.values():
            volume.settle()
        return super().describe_volumes(volume_ids, filters)  # type: ignore[no-any-return]

    def describe_volumes_modifications(
        self, volume_ids: list[str] | None = None, filters: Any = None
    ) -> list[LocalModification]:
        """The latest of each volume; moto gives the whole history."""
        for volume in self.describe_volumes(volume_ids):
            if volume_ids and not volume.modifications:
                raise EC2ClientError(
                    "InvalidVolumeModification.NotFound",
                    f"Modification for volume '{volume.id}' does not exist.",
                )
        found = super().describe_volumes_modifications(volume_ids, filters)
        return [change for change in found if change is change.volume.modifications[-1]]

    def require_modifiable(self, volume: LocalVolume) -> None:
        """Errors: IncorrectState, IncorrectModificationState, VolumeModificationRateExceeded."""
        if not volume.made:
            raise EC2ClientError("IncorrectState", f"Volume '{volume.id}' is still being created.")
        if not volume.modifications:
            return
        state = volume.modifications[-1].modification_state
        if state != "completed":
            raise EC2ClientError(
                "IncorrectModificationState",
                f"Volume {volume.id} is in the {state} state: its last modification goes on.",
            )
        if len(volume.modifications) >= MOST_CHANGES:
            raise EC2ClientError(
                "VolumeModificationRateExceeded",
                f"Volume {volume.id} has reached the maximum modification rate per volume limit, "
                f"{MOST_CHANGES} in 24 hours.",
            )

    def delete_snapshot(self, snapshot_id: str) -> LocalSnapshot:
        if snapshot_id not in self.snapshots:
            raise unknown_snapshot(snapshot_id)
        users = [v.id for v in self.volumes.values() if v.source == snapshot_id and not v.made]
        if users:
            raise EC2ClientError(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is in use by {users[0]}."
            )
        return super().delete_snapshot(snapshot_id)  # type: ignore[no-any-return]

    def describe_snapshots(
        self, snapshot_ids: list[str] | None = None, filters: Any = None
    ) -> list[LocalSnapshot]:
        for snapshot_id in snapshot_ids or ():
            if snapshot_id not in self.snapshots:
                raise unknown_snapshot(snapshot_id)
        return super().describe_snapshots(snapshot_ids, filters)  # type: ignore[no-any-return]

    def disk_observed(self, ident: str, state: DiskState) -> bool:
        """Whether the fact changed anything; one that a later call has overtaken does not."""
        if ident in self.snapshots:
            snapshot = self.snapshots[ident]
            changed, snapshot.made = not snapshot.made, True
            return changed
        volume = self.volumes.get(ident)
        if volume is None:
            return False
        if state == "available":
            changed, volume.made = not volume.made, True
            return changed
        return self._attachment_observed(volume, state)

    def _attachment_observed(self, volume: LocalVolume, state: DiskState) -> bool:
        attachment = volume.attachment
        if attachment is None:
            return False
        if state == "detached" and attachment.status in {"detaching", "busy"}:
            self._let_go(volume)
            return True
        if (attachment.status, state) in {("attaching", "attached"), ("detaching", "busy")}:
            attachment.status = state
            return True
        return False


def require_attachable(volume: LocalVolume, instance: Any, device: str) -> None:
    """Errors: AWS's codes, AttachmentLimitExceeded among them."""
    if volume.attachment:
        raise EC2ClientError("VolumeInUse", f"{volume.id} is already attached to an instance")
    if not volume.made:
        raise EC2ClientError("IncorrectState", f"{volume.id} is not 'available'.")
    if instance.state not in {"running", "stopped"}:
        raise EC2ClientError(
            "IncorrectState", f"Instance '{instance.id}' is '{instance.state}', not 'running'."
        )
    if volume.zone.name != instance.availability_zone:
        raise EC2ClientError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume.id}' is not in the same availability zone as instance "
            f"'{instance.id}'",
        )
    if device in instance.block_device_mapping:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
        )
    if len(instance.block_device_mapping) > MOST_VOLUMES:
        raise EC2ClientError(
            "AttachmentLimitExceeded",
            f"{instance.id} has {MOST_VOLUMES} volumes beside its root: detach one.",
        )


def unknown_snapshot(snapshot_id: str) -> EC2ClientError:
    """With a message, which moto's own has not."""
    return EC2ClientError(
        "InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist."
    )
