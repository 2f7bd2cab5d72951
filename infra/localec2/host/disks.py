"""Makes true what the API was asked of volumes and snapshots: files, copies, plugged disks."""

import logging
from contextlib import ExitStack
from pathlib import Path

from infra.errors import NotJudged
from infra.localec2.desired_state import Disk, DiskState, Facts, Instance, Wanted
from infra.localec2.host.launcher import Launcher
from infra.localec2.host.volume_files import VolumeFiles

LOG = logging.getLogger(__name__)


class Disks:
    """The reconciler's part that knows volumes. ``sync`` may be called as often as one likes."""

    def __init__(self, facts: Facts, launcher: Launcher, files: VolumeFiles) -> None:
        self._facts = facts
        self._launcher = launcher
        self._files = files
        self._seen: dict[str, tuple[int, dict[str, Path]]] = {}
        """By instance: its boot mark and, by unit, the files that were plugged in it then."""

    def sync(self, wanted: Wanted) -> bool:
        """One pass. Whether something is under way."""
        busy = [self._make_up_for(disk, wanted) for disk in (*wanted.snapshots, *wanted.volumes)]
        busy += [self._attend(instance, wanted) for instance in wanted.instances]
        self._forget_the_dead(wanted)
        self._files.keep_only(disk.id for disk in (*wanted.volumes, *wanted.snapshots))
        return any(busy)

    def _make_up_for(self, disk: Disk, wanted: Wanted) -> bool:
        """The file is there, as long as it shall be; a fact for the API when it was not."""
        if disk.made:
            if disk.id.startswith("vol-"):
                self._files.grow(disk.id, gib=disk.gib)
            return False
        try:
            with ExitStack() as held:
                # A point in time: nothing is written while the copy is made.
                for user in [i for v, i in wanted.attached if v == disk.source]:
                    if self._launcher.is_up(user):
                        held.enter_context(self._launcher.held(user))
                self._files.make(disk.id, gib=disk.gib, source=disk.source)
        except (NotJudged, OSError):
            LOG.exception("%s is not made", disk.id)
            return True
        self._tell(disk.id, "completed" if disk.id.startswith("snap-") else "available")
        return False

    def _attend(self, instance: Instance, wanted: Wanted) -> bool:
        """What is attached is plugged, what is detached is not. Whether something is under way."""
        attached = {volume for volume, owner in wanted.attached if owner == instance.id}
        if not attached and instance.id not in self._seen:
            return False
        if not self._launcher.is_alive(instance.id):
            return self._at_rest(instance, attached)
        if not self._launcher.was_up(instance.id):
            return bool(attached)
        try:
            plugged = self._plugged(instance.id)
            self._unplug(instance, plugged, attached)
            for volume in instance.volumes:
                self._plug(instance.id, volume, plugged)
        except (NotJudged, OSError):
            LOG.exception("disks of %s", instance.id)
            self._seen.pop(instance.id, None)
            return True
        return attached != set(instance.volumes)

    def _at_rest(self, instance: Instance, attached: set[str]) -> bool:
        """A machine that is off has nothing plugged: attaching and detaching are done at once."""
        self._seen.pop(instance.id, None)
        for volume in attached if instance.wanted == "stopped" else ():
            self._tell(volume, "attached" if volume in instance.volumes else "detached")
        return False

    def _plugged(self, ident: str) -> dict[str, Path]:
        """Files by unit. Read once a boot: a boot forgets what was plugged by hand."""
        mark = self._launcher.boot_mark(ident)
        if self._seen.get(ident, (0, {}))[0] != mark:
            self._seen[ident] = (mark, self._launcher.plugged(ident))
        return self._seen[ident][1]

    def _unplug(self, instance: Instance, plugged: dict[str, Path], attached: set[str]) -> None:
        shall = {self._files.path(volume) for volume in instance.volumes}
        for unit, path in list(plugged.items()):
            if path not in shall:
                if self._launcher.unplug(instance.id, unit):
                    del plugged[unit]
                else:
                    self._tell(path.name, "busy")
        gone = attached - set(instance.volumes) - {path.name for path in plugged.values()}
        for volume in gone:
            self._tell(volume, "detached")

    def _plug(self, ident: str, volume: str, plugged: dict[str, Path]) -> None:
        path = self._files.path(volume)
        if path not in plugged.values():
            unit = next(u for u in self._launcher.units() if u not in plugged)
            self._launcher.plug(ident, unit, path, serial=volume.replace("-", ""))
            plugged[unit] = path
            LOG.info("%s is plugged into %s as ubd%s", volume, ident, unit)
        self._tell(volume, "attached")

    def _forget_the_dead(self, wanted: Wanted) -> None:
        alive = {instance.id for instance in wanted.instances}
        self._seen = {ident: seen for ident, seen in self._seen.items() if ident in alive}

    def _tell(self, ident: str, state: DiskState) -> None:
        self._facts.disk_observed(ident, state)
