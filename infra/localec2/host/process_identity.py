"""A process is known by its id and its start, so that a recycled id is never taken for ours."""

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STATE, START_TIME = 0, 19
"""Fields 3 and 22 of /proc/PID/stat, counted after the command's closing bracket; proc(5)."""


@dataclass(frozen=True)
class Identity:
    """One process, for ever. ``start_time`` in clock ticks since the boot named ``boot_id``."""

    pid: int
    start_time: int
    boot_id: str


def identity(pid: int) -> Identity | None:
    """The process that has this id now; None when there is none, or only its remains."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[STATE] in "ZX":
        return None
    return Identity(pid, int(fields[START_TIME]), BOOT_ID.read_text().strip())


def alive(known: Identity) -> bool:
    return identity(known.pid) == known


def send(known: Identity, number: signal.Signals) -> bool:
    """Signals this very process; False when it has ended."""
    try:
        handle = os.pidfd_open(known.pid)
    except ProcessLookupError:
        return False
    try:
        if not alive(known):  # looked up after the handle was taken: the id cannot change hands
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def ended(known: Identity, *, within: float) -> bool:
    """Whether the process ends within so many seconds; remains of a child count as ended."""
    try:
        handle = os.pidfd_open(known.pid)
    except ProcessLookupError:
        return True
    try:
        if alive(known):
            select.select([handle], [], [], within)
        return not alive(known)
    finally:
        os.close(handle)


def with_argument(word: str) -> tuple[Identity, ...]:
    """Processes that were started with this very word on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        known = identity(int(entry.name)) if word.encode() in words else None
        if known is not None:
            found.append(known)
    return tuple(found)
