"""What the machine image adds to Debian's root: files of ``overlay/``, units on and off, programs.

Everything that a boot waits for and no claim looks at is off; a stock server's journal on disk,
logind and D-Bus stay.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.artifacts.store import sha256_of

OVERLAY = Path(__file__).parent / "overlay"
MANIFEST = Path("usr/local/share/kubernetes-from-scratch/binaries.tsv")
# Names of the reference plugins, github.com/containernetworking/plugins 1.9.
CNI_PLUGINS = frozenset({
    "bandwidth", "bridge", "dhcp", "dummy", "firewall", "host-device", "host-local", "ipvlan",
    "loopback", "macvlan", "portmap", "ptp", "sbr", "static", "tap", "tuning", "vlan", "vrf",
})  # fmt: skip
ENABLED = {
    "machine-address.service": "sysinit.target",
    "machine-cpuinfo.service": "multi-user.target",
    "machine-disks.service": "sysinit.target",
    "machine-first-boot.service": "multi-user.target",
}
MASKED = (
    # Kept up to date by the image: caches of libraries, hardware names, journal messages.
    "ldconfig.service", "systemd-hwdb-update.service", "systemd-journal-catalog-update.service",
    "systemd-update-done.service", "systemd-firstboot.service", "systemd-sysusers.service",
    "sshd-keygen.service",
    # No hardware, no modules, nobody at a console. The kernel itself makes the device files and
    # mounts the root for writing; disks come by hot plug, so udevd itself stays.
    "systemd-udev-trigger.service", "systemd-udev-load-credentials.service", "modprobe@.service",
    "kmod-static-nodes.service", "systemd-tmpfiles-setup-dev-early.service",
    "systemd-tmpfiles-setup-dev.service", "systemd-modules-load.service",
    "systemd-remount-fs.service", "systemd-pstore.service", "getty@.service",
    "getty-static.service", "serial-getty@.service", "console-getty.service",
    "systemd-hibernate-clear.service", "systemd-binfmt.service", "systemd-random-seed.service",
    "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "run-lock.mount",
    # /tmp lies on the disk: programs of 100 MB are put there, and memory is scarce.
    "tmp.mount",
    # Only removes a file that keeps people out before it; our tmpfiles.d makes no such file.
    "systemd-user-sessions.service",
    # A machine lives for hours: what a clock starts would only disturb measurements.
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "e2scrub_reap.service", "fstrim.timer", "systemd-tmpfiles-clean.timer",
)  # fmt: skip
# Programs that systemd runs at boot and at each daemon-reload, all without result here.
GENERATORS = (
    "debug", "getty", "gpt-auto", "hibernate-resume", "rc-local", "run", "ssh", "system-update",
    "sysv", "tpm2",
)  # fmt: skip
# Links of Debian's that start something at boot which is started on demand here (logind by D-Bus,
# D-Bus by its socket) or by a phase (HAProxy, on the load balancer only).
UNWANTED = (
    "usr/lib/systemd/system/multi-user.target.wants/systemd-logind.service",
    "usr/lib/systemd/system/multi-user.target.wants/dbus.service",
    "etc/systemd/system/multi-user.target.wants/haproxy.service",
)
# The host key comes from the instance metadata, the identifier from the kernel command line.
EMPTIED = ("etc/machine-id",)
REMOVED = ("etc/ssh/ssh_host_*", "etc/update-motd.d/*", "etc/hostname", "usr/lib/udev/hwdb.d/*",
           "usr/lib/udev/hwdb.bin")  # fmt: skip


def overlay_hash() -> str:
    """Hash over names, modes and contents of the files that the image adds, and the lists here."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(path for path in OVERLAY.rglob("*") if path.is_file()):
        executable = os.access(path, os.X_OK)
        digest.update(f"\0{path.relative_to(OVERLAY)} {executable} {sha256_of(path)}".encode())
    return digest.hexdigest()


def furnish(root: Path) -> None:
    """The root directory boots as a machine of the local EC2."""
    for path in sorted(path for path in OVERLAY.rglob("*") if path.is_file()):
        target = root / path.relative_to(OVERLAY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(path, target)
        # sudo refuses a file that others may write; git keeps only the executable bit.
        target.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
    for pattern in REMOVED:
        for path in root.glob(pattern):
            path.unlink()
    for name in EMPTIED:
        (root / name).write_text("")
    for name in UNWANTED:
        (root / name).unlink(missing_ok=True)
    _units(root / "etc/systemd/system")
    _masked(root / "etc/systemd/system-generators", [f"systemd-{n}-generator" for n in GENERATORS])
    _masked(root / "etc/tmpfiles.d", ["systemd-nologin.conf"])
    for name in ("etc/.updated", "var/.updated"):
        (root / name).touch()


def _units(folder: Path) -> None:
    for unit, target in ENABLED.items():
        wants = folder / f"{target}.wants"
        wants.mkdir(exist_ok=True)
        (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")
    _masked(folder, MASKED)


def _masked(folder: Path, names: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("/dev/null")


def install(root: Path, binaries: Mapping[str, Path]) -> None:
    """Programs are in place, and a manifest tells their hashes without reading them again.

    A line of the manifest is: path, sha256, size in bytes, mtime in whole seconds; tabs between.
    """
    lines = []
    for name, source in sorted(binaries.items()):
        path = destination(name)
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755)
        stat = source.stat()
        os.utime(target, (int(stat.st_mtime), int(stat.st_mtime)))
        lines.append(f"{path}\t{sha256_of(source)}\t{stat.st_size}\t{int(stat.st_mtime)}\n")
    manifest = root / MANIFEST
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text("".join(lines))


def destination(name: str) -> str:
    """Path of a program on a machine."""
    if name in CNI_PLUGINS:
        return f"/opt/cni/bin/{name}"
    return f"/usr/local/sbin/{name}" if name == "runc" else f"/usr/local/bin/{name}"
