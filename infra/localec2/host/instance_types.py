"""What an instance type is here, and whether one more fits on this machine."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from infra.errors import PlatformError
from infra.localec2.desired_state import Wanted

MEMORY_MIB = {
    # The types say 2 and 4 GiB. 512 MiB for the balancer and 2 GiB for the others were enough for
    # a cluster under test; all six then held 3.6 GB (measured).
    "t3.small": 512,
    "t3.medium": 2048,
}
OVERHEAD = 1.1
"""Kernel structures and page tables beside a machine's own memory, as a factor (estimated)."""
DISK_GIB = 8
"""Free space below which none is started: six machines wrote 5 GB in a long run (estimated)."""


def memory_mib(instance_type: str) -> int:
    """Memory of a machine of this type here. Errors: PlatformError naming the types there are."""
    if instance_type not in MEMORY_MIB:
        known = ", ".join(sorted(MEMORY_MIB))
        raise PlatformError(
            "instance type", instance_type, f"is not offered by the local EC2; take one of {known}"
        )
    return MEMORY_MIB[instance_type]


def promised(wanted: Wanted | None, held_mib: Callable[[str], int]) -> tuple[tuple[int, int], ...]:
    """MiB promised to each machine that shall run, also one not started yet; MiB it holds."""
    instances = wanted.instances if wanted else ()
    return tuple(
        (memory_mib(i.instance_type), held_mib(i.id)) for i in instances if i.wanted == "running"
    )


def require_room(instance_type: str, promised: Iterable[tuple[int, int]], state: Path) -> None:
    """One more machine fits. ``promised``: MiB promised to each machine, and MiB it holds already.

    A machine takes memory as it touches it, so what is free now is not free for a new one.
    Errors: PlatformError with what is short and by how much.
    """
    free = available_mib()
    owed = sum(max(0, promise - held) for promise, held in promised)
    need = int(memory_mib(instance_type) * OVERHEAD)
    if free - owed < need:
        raise PlatformError(
            "memory",
            instance_type,
            f"needs {need} MiB, {free} MiB are free and {owed} MiB of them promised to machines "
            "that run; stop something, or use a larger machine",
        )
    gib = shutil.disk_usage(state).free // 2**30
    if gib < DISK_GIB:
        raise PlatformError(
            "disk", str(state), f"has {gib} GiB free, machines need {DISK_GIB} GiB; free some"
        )


def available_mib(meminfo: Path = Path("/proc/meminfo")) -> int:
    """MemAvailable of this machine; proc(5)."""
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    raise PlatformError("memory", str(meminfo), "does not tell MemAvailable")
