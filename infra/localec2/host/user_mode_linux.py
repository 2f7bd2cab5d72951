"""Machines as processes of User-mode Linux.

A machine's files are in one directory: its disk, its console, what is known of its process.
"""

import os
import shutil
import signal
import subprocess
from contextlib import AbstractContextManager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from infra.errors import PlatformError
from infra.localec2.addresses import plug
from infra.localec2.desired_state import Instance
from infra.localec2.host import block_devices, mconsole, process_identity, records
from infra.localec2.host.instance_types import memory_mib
from infra.localec2.host.process_identity import Identity
from infra.localec2.host.records import Record
from infra.localec2.paths import Place

CONSOLE_BYTES = 64 * 1024
"""GetConsoleOutput answers with the last 64 KiB; source: EC2 API reference."""
DYING = 5.0
"""Seconds for a killed machine to give back its memory, 2 GiB at most."""
OFF = b"reboot: Power down"
"""Last line of a kernel whose user powered it off; linux kernel/reboot.c."""


class Uml:
    """User-mode Linux. Must be used inside the namespace: what it starts lives there."""

    def __init__(self, place: Place, *, kernel: Path, image: Path) -> None:
        self._place = place
        self._kernel = kernel
        self._image = image
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def known(self) -> tuple[str, ...]:
        folder = self._place.machines
        return tuple(sorted(p.name for p in folder.iterdir())) if folder.exists() else ()

    def boot(self, instance: Instance, subnet: str, gateway: str) -> None:
        folder = self._folder(instance.id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._end(instance.id)  # one whose record was never written would share the disk
        shutil.rmtree(self._place.sockets / instance.id, ignore_errors=True)
        self._allow_reboot(instance.id)
        mib = memory_mib(instance.instance_type)
        cpu = records.least_loaded(self._records(), os.sched_getaffinity(0))
        with (folder / "console.log").open("ab") as console:
            child = subprocess.Popen(
                self._argv(instance, cpu, subnet=subnet, gateway=gateway),
                cwd=folder,
                env={"TMPDIR": records.SCRATCH, "PATH": os.environ["PATH"]},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,  # it outlives whoever started it
            )
        self._children[instance.id] = child
        process = process_identity.identity(child.pid)
        if process is None:
            raise PlatformError("machine", instance.id, f"did not start: {self._last(instance.id)}")
        records.write(self._folder(instance.id), Record(process, cpu, mib, instance.reboots))

    def _argv(self, instance: Instance, cpu: int, *, subnet: str, gateway: str) -> list[str]:
        """Source of the options: linux Documentation/virt/uml, and what was measured."""
        folder = self._folder(instance.id)
        base = kept(self._image, folder / "base.img")
        mib = memory_mib(instance.instance_type)
        return [
            "taskset", "--cpu-list", str(cpu), str(self._executable(instance.id)),
            f"mem={mib}M", "ncpus=1", "seccomp=on",
            f"ubda={folder / 'root.cow'},{base}", "root=/dev/ubda", "rw",
            # What a machine synced is in this machine's page cache: it survives the machine's end.
            "rootflags=barrier=0", "nohz=off", f"umid={instance.id}",
            f"uml_dir={self._place.sockets}", "con0=null,fd:1", "con=null",
            f"vec0:transport=raw,ifname={plug(instance.id)},depth=128,gro=1,mac={instance.mac}",
            f"systemd.machine_id={machine_id(instance.id)}",
            f"machine.address={instance.private_ip}/{IPv4Network(subnet).prefixlen}",
            f"machine.gateway={gateway}",
        ]  # fmt: skip

    def is_alive(self, instance_id: str) -> bool:
        child = self._children.get(instance_id)
        if child is not None and child.poll() is not None:
            del self._children[instance_id]
        record = records.read(self._folder(instance_id))
        return record is not None and process_identity.alive(record.process)

    def is_up(self, instance_id: str) -> bool:
        record = records.read(self._folder(instance_id))
        if record is None or not mconsole.answers(self._console_socket(instance_id)):
            return False
        if not record.up:
            records.write(self._folder(instance_id), replace(record, up=True))
        return True

    def was_up(self, instance_id: str) -> bool:
        record = records.read(self._folder(instance_id))
        return record is not None and record.up

    def reboots(self, instance_id: str) -> int:
        record = records.read(self._folder(instance_id))
        return record.reboots if record else 0

    def reboot(self, instance: Instance, *, hard: bool = False) -> None:
        self._allow_reboot(instance.id)
        record = records.read(self._folder(instance.id))
        if record is None:
            return
        mconsole.ask(self._console_socket(instance.id), "reboot" if hard else "cad")
        records.write(self._folder(instance.id), replace(record, reboots=instance.reboots))

    def boot_mark(self, instance_id: str) -> int:
        try:
            return self._console_socket(instance_id).stat().st_ctime_ns
        except FileNotFoundError:
            return 0

    def shut_down(self, instance_id: str) -> None:
        mconsole.shut_down(self._console_socket(instance_id), self._executable(instance_id))

    def kill(self, instance_id: str) -> None:
        for process in self._processes(instance_id):
            process_identity.send(process, signal.SIGKILL)

    def ending(self, instance_id: str) -> str | None:
        if records.read(self._folder(instance_id)) is None:
            return None
        if OFF in self._tail(instance_id, 512):
            return "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
        reason = "Server.InternalError: the machine's kernel ended by itself"
        # A machine that never came up says in its last words why; later ones are of its services.
        return reason if self.was_up(instance_id) else f"{reason}: {self._last(instance_id)}"

    def settle(self, instance_id: str) -> None:
        records.forget(self._folder(instance_id))
        shutil.rmtree(self._place.sockets / instance_id, ignore_errors=True)

    def destroy(self, instance_id: str) -> None:
        self._end(instance_id)
        self.settle(instance_id)
        shutil.rmtree(self._folder(instance_id), ignore_errors=True)

    def console(self, instance_id: str) -> str:
        return self._tail(instance_id, CONSOLE_BYTES).decode(errors="replace")

    def units(self) -> str:
        return block_devices.UNITS

    def plugged(self, instance_id: str) -> dict[str, Path]:
        return block_devices.plugged(self._console_socket(instance_id))

    def plug(self, instance_id: str, unit: str, file: Path, *, serial: str) -> None:
        block_devices.plug(self._console_socket(instance_id), unit, file, serial=serial)

    def unplug(self, instance_id: str, unit: str) -> bool:
        return block_devices.unplug(self._console_socket(instance_id), unit)

    def held(self, instance_id: str) -> AbstractContextManager[None]:
        return block_devices.held(self._console_socket(instance_id))

    def _end(self, instance_id: str) -> None:
        for process in self._processes(instance_id):
            process_identity.send(process, signal.SIGKILL)
            process_identity.ended(process, within=DYING)

    def _folder(self, instance_id: str) -> Path:
        return self._place.machine(instance_id)

    def _executable(self, instance_id: str) -> Path:
        return self._place.machine(instance_id) / mconsole.EXECUTABLE

    def _console_socket(self, instance_id: str) -> Path:
        return self._place.console(instance_id)

    def _allow_reboot(self, instance_id: str) -> None:
        kept(self._kernel, self._folder(instance_id) / "kernel")
        link = self._executable(instance_id)
        if not link.is_symlink():
            link.symlink_to("kernel")

    def _processes(self, instance_id: str) -> tuple[Identity, ...]:
        """Its process, also when the record was never written: whoever started it was killed."""
        record = records.read(self._folder(instance_id))
        if record is not None:
            return (record.process,)
        inside = process_identity.with_argument(f"uml_dir={self._place.sockets}")
        return tuple(
            p for p in inside if p in process_identity.with_argument(f"umid={instance_id}")
        )

    def _records(self) -> tuple[Record, ...]:
        alive = [i for i in self.known() if self.is_alive(i)]
        return tuple(record for i in alive if (record := records.read(self._folder(i))))

    def held_mib(self, instance_id: str) -> int:
        """Memory that the machine has touched; 0 when it does not run."""
        record = records.read(self._folder(instance_id))
        return records.held_mib(record.process.pid) if record else 0

    def _tail(self, instance_id: str, size: int) -> bytes:
        try:
            with (self._folder(instance_id) / "console.log").open("rb") as console:
                console.seek(max(0, console.seek(0, os.SEEK_END) - size))
                return console.read()
        except FileNotFoundError:
            return b""

    def _last(self, instance_id: str) -> str:
        """Its last line, without the control characters that an XML answer must not carry."""
        lines = self._tail(instance_id, 512).decode(errors="replace").strip().splitlines()
        return "".join(c for c in lines[-1] if c.isprintable()) if lines else "it said nothing"


def kept(source: Path, target: Path) -> Path:
    """``target``, the file that a machine was made from, also when the cache has dropped it.

    Errors: PlatformError when neither is there.
    """
    if target.exists():
        return target
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except FileNotFoundError as error:
        raise PlatformError("file", str(source), "has left the cache; run: ./kfs up") from error
    except OSError:  # the cache is on another file system
        target.symlink_to(source)
    return target


def machine_id(instance_id: str) -> str:
    """Machine id for systemd, 32 hex digits, another for each instance; machine-id(5)."""
    return instance_id.removeprefix("i-").rjust(32, "0")
