"""The only writer: carries out a plan's actions on a machine, in a few commands."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.desired.plan import (
    Action,
    AddPackage,
    Enable,
    Import,
    Install,
    Restart,
    SetSysctl,
    Start,
    Write,
)
from infra.errors import CommandFailed
from infra.ssh import Shell
from infra.wait import eventually

UPLOAD_TIMEOUT = 600.0
"""Seconds to send binaries or images: 130 MB over a slow uplink to AWS."""

LOCKED_WITHIN = 120.0
"""Seconds that another apt may take: unattended upgrades of a first boot, minutes at most."""
LOCKED = "Could not get lock"
APT = (
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-o",
    f"DPkg::Lock::Timeout={LOCKED_WITHIN:.0f}",  # of dpkg's lock, not of the lists' one
)


@dataclass(frozen=True)
class Supplies:
    """Files on this side: binaries by component name, image archives by reference.

    ``preloaded``: machines come with the images and can pull none, where others pull them.
    """

    binaries: Mapping[str, Path] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, Path] = field(default_factory=dict)
    preloaded: bool = False


def apply(shell: Shell, actions: Sequence[Action], supplies: Supplies) -> None:
    """Packages, then files, sysctls, units and, last, images. Errors: those of ``shell``."""
    packages = [a.name for a in actions if isinstance(a, AddPackage)]
    if packages:
        install(shell, packages)
    files = [a for a in actions if isinstance(a, Write | Install)]
    if files:
        unpack(shell, archive(files, supplies))
    settings = [f"{a.key}={a.value}" for a in actions if isinstance(a, SetSysctl)]
    if settings:
        shell.run(["sysctl", "-q", "-w", *settings])
    units(shell, actions)
    for action in actions:  # last: importing needs the containerd that units() has just started
        if isinstance(action, Import):
            content = supplies.images[action.reference].read_bytes()
            shell.run(
                ["ctr", "-n", "k8s.io", "images", "import", "-"],
                stdin=content,
                timeout=UPLOAD_TIMEOUT,
            )


def install(shell: Shell, packages: Sequence[str]) -> None:
    """Debian's packages are there; another apt is waited for.

    Errors: those of ``shell``, WaitTimeout.
    """
    eventually(
        lambda: locked(shell, [*APT, "update"]),
        lambda holder: not holder,
        within=LOCKED_WITHIN,
        every=2.0,
        what=f"apt's lists are not locked on {shell.name}",
    )
    wanted = ["install", "-y", "--no-install-recommends", *packages]
    shell.run([*APT, *wanted], timeout=UPLOAD_TIMEOUT)


def locked(shell: Shell, argv: Sequence[str]) -> str:
    """Who holds a lock of apt's; empty when the command ran. Errors: those of ``shell``."""
    try:
        shell.run(argv, timeout=UPLOAD_TIMEOUT)
    except CommandFailed as error:
        if LOCKED in error.stderr:
            return error.stderr.strip()
        raise
    return ""


def archive(files: Sequence[Write | Install], supplies: Supplies) -> bytes:
    """A tar stream of files and directories with their modes; parents are tar's business."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for item in files:
            info = tarfile.TarInfo(item.path.lstrip("/"))
            if isinstance(item, Install):
                content: bytes | None = supplies.binaries[item.name].read_bytes()
                info.mode = 0o755
            else:
                content = item.content
                info.mode = item.mode
                info.uname = item.owner
            if content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def unpack(shell: Shell, stream: bytes) -> None:
    # --touch: mtimes by the machine's clock, so that plan can compare them with its units' start.
    shell.run(
        ["tar", "--extract", "--touch", "--same-permissions", "--directory=/"],
        stdin=stream,
        timeout=UPLOAD_TIMEOUT,
    )


def units(shell: Shell, actions: Sequence[Action]) -> None:
    """Units are started without waiting: readiness is observed, not assumed from systemctl."""
    unit_files = [a for a in actions if isinstance(a, Write) and a.path.endswith(".service")]
    enable = [a.unit for a in actions if isinstance(a, Enable)]
    start = [a.unit for a in actions if isinstance(a, Start)]
    restart = [a.unit for a in actions if isinstance(a, Restart)]
    if enable:
        shell.run(["systemctl", "enable", "--quiet", *enable])  # reloads by itself
    elif unit_files:
        shell.run(["systemctl", "daemon-reload"])
    if start:
        shell.run(["systemctl", "start", "--no-block", *start])
    if restart:
        shell.run(["systemctl", "restart", "--no-block", *restart])
