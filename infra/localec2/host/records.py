"""What is known of a machine that was started, in a file that outlives the daemon."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.localec2.host.process_identity import Identity

SCRATCH = "/dev/shm"  # noqa: S108 - a machine's memory is a file there, without a name
FILE = "process.json"


@dataclass(frozen=True)
class Record:
    """A machine that was started. ``reboots``: asked ones it has had; ``up``: was seen to be up."""

    process: Identity
    cpu: int
    mib: int
    reboots: int
    up: bool = False


def write(folder: Path, record: Record) -> None:
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps(asdict(record)))
    new.replace(folder / FILE)


def read(folder: Path) -> Record | None:
    try:
        found = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    return Record(**found | {"process": Identity(**found["process"])})


def forget(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)


def least_loaded(running: Iterable[Record], cpus: Iterable[int]) -> int:
    """CPU with the least memory of machines on it, as memory follows a role's weight.

    Each machine stays on one: a UML system call across two CPUs costs ten times as much (measured).
    """
    load = dict.fromkeys(sorted(cpus), 0)
    for record in running:
        load[record.cpu] = load.get(record.cpu, 0) + record.mib
    return min(load, key=lambda cpu: load[cpu])


def held_mib(pid: int, proc: Path = Path("/proc")) -> int:
    """Memory a machine has touched: blocks of the file that is its memory, which has no name."""
    try:
        handles = list((proc / str(pid) / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended
    return sum(map(_held_bytes, handles)) // 2**20


def _held_bytes(handle: Path) -> int:
    try:
        if str(handle.readlink()).startswith(f"{SCRATCH}/"):
            return handle.stat().st_blocks * 512
    except (FileNotFoundError, ProcessLookupError):
        pass  # closed while we looked: a machine opens and closes others all the time
    return 0
