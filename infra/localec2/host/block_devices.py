"""Disks of a running machine, plugged and unplugged by its kernel's console.

Source: linux arch/um/drivers/ubd_kern.c, the console's ``config`` and ``remove``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import PlatformError
from infra.localec2.host import mconsole

UNITS = "bcdefghijklmnop"
"""ubda is the root; UML has 16 block devices, ubda to ubdp (measured)."""


def plugged(console: Path) -> dict[str, Path]:
    """Files of the disks beside the root, by unit."""
    files = {}
    for unit in UNITS:
        told = mconsole.ask(console, f"config ubd{unit}")
        if told.startswith("/"):
            files[unit] = Path(told.partition(",")[0])
    return files


def plug(console: Path, unit: str, file: Path, *, serial: str) -> None:
    # d: whatever its first bytes are, the file is the disk, not a list of changes to another
    mconsole.ask(console, f"config ubd{unit}d={file},,{serial}")


def unplug(console: Path, unit: str) -> bool:
    """Whether it is out; not while the machine has it open."""
    try:
        mconsole.ask(console, f"remove ubd{unit}")
    except PlatformError:  # the kernel's "Device is currently open"
        return False
    return True


@contextmanager
def held(console: Path) -> Iterator[None]:
    """The machine stands still: what it wrote is in its files, and it writes nothing."""
    mconsole.ask(console, "stop")
    try:
        yield
    finally:
        mconsole.ask(console, "go")
