"""Volumes and snapshots whose states are facts, and changes of volumes that take their time.

moto makes, attaches and copies at once; AWS and we answer creating, attaching, detaching, busy and
pending until it is so.
"""

from datetime import datetime, timedelta
from typing import Any

from moto.ec2.models import elastic_block_store
from moto.ec2.models.elastic_block_store import Snapshot, Volume, VolumeModification

from infra.localec2.moto_backend.pace import Pace

DEFAULT_THROUGHPUT = 125
"""MiB/s of a gp3 volume that asks for none; EBS user guide, General Purpose SSD volumes."""

CHANGEABLE = ("size", "volume_type", "iops", "throughput")


class LocalVolume(Volume):  # type: ignore[misc]  # moto is untyped
    """``made`` says that its file is there; ``source`` is the snapshot or volume it starts as."""

    made = False
    source: str | None = None
    modifications: list["LocalModification"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = self.snapshot_id
        asked = kwargs.get("throughput")
        self.throughput = DEFAULT_THROUGHPUT if self.volume_type == "gp3" and not asked else asked

    @property
    def status(self) -> str:
        if self.attachment:
            return "in-use"
        return "available" if self.made else "creating"

    def modify(self, **targets: Any) -> None:
        """Moto names them ``target_size``, ``target_iops`` and so on."""
        changes = {name: targets.get(f"target_{name}") for name in CHANGEABLE}
        self.modifications.append(LocalModification(self, changes))

    def settle(self) -> None:
        """A change that has had its time is the volume's own now."""
        if self.modifications and self.modifications[-1].modification_state != "modifying":
            self.modifications[-1].take_effect()


class LocalModification(VolumeModification):  # type: ignore[misc]  # moto is untyped
    """One change of a volume: modifying, then optimizing, then completed, by the clock.

    ``changes`` are the asked values, None where the volume's own stays.
    """

    def __init__(self, volume: LocalVolume, changes: dict[str, Any]) -> None:
        super().__init__(volume, target_size=volume.size)
        self._begun = volume.ec2_backend.clock()
        self._pace: Pace = volume.ec2_backend.pace
        self._targets = {n: v or getattr(volume, n) for n, v in changes.items()}
        for name, target in self._targets.items():
            setattr(self, f"original_{name}", getattr(volume, name))
            setattr(self, f"target_{name}", target)
        self.original_multi_attach_enabled = self.target_multi_attach_enabled = False

    @property
    def end_time(self) -> datetime | None:
        """Only of one that is completed."""
        took = timedelta(seconds=self._whole)
        return self.start_time + took if self.modification_state == "completed" else None

    @end_time.setter
    def end_time(self, _: datetime) -> None:
        """Moto ends every change as it begins."""

    @property
    def _whole(self) -> float:
        return self._pace.modifying + self._pace.optimizing

    @property
    def _age(self) -> float:
        return float(self.volume.ec2_backend.clock() - self._begun)

    @property
    def modification_state(self) -> str:
        if self._age < self._pace.modifying:
            return "modifying"
        return "optimizing" if self._age < self._whole else "completed"

    @property
    def progress(self) -> int:
        return min(100, int(100 * self._age / self._whole))

    def take_effect(self) -> None:
        for name, target in self._targets.items():
            setattr(self.volume, name, target)


class LocalSnapshot(Snapshot):  # type: ignore[misc]  # moto is untyped
    """A snapshot of the size that its volume had; ``pending`` until the copy is made, at least for
    the backend's pace. ``made`` says that its file is there.
    """

    made = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._size = self.volume.size
        self._due = self.ec2_backend.clock() + self.ec2_backend.pace.snapshot
        if self.from_ami is not None:
            self.made, self._due = True, 0.0

    @property
    def status(self) -> str:
        due = self._due <= self.ec2_backend.clock()
        return "completed" if self.made and due else "pending"

    @status.setter
    def status(self, _: str) -> None:
        """Moto has every snapshot completed as it begins."""

    @property
    def volume_size(self) -> int:
        return int(self._size)

    @property
    def progress(self) -> str:
        return "100%" if self.status == "completed" else "0%"

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "volume-size":
            return self.volume_size
        return super().get_filter_value(filter_name, method_name)


# create_volume and create_snapshot make the classes that their module names
elastic_block_store.Volume = LocalVolume
elastic_block_store.Snapshot = LocalSnapshot
