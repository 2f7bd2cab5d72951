"""What a worker's kernel says of cgroups beyond their limits: throttling, processes, the tree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.clients.workloads.cgroups import MOUNTED, ROOT
from infra.errors import NotJudged
from infra.ssh import Shell
from infra.wait import pause

NEUTRAL: Mapping[str, str] = {"memory.min": "0", "memory.low": "0", "memory.high": "max"}
"""Files of memory protection as they are where nothing is protected (cgroup v2 of the kernel)."""


@dataclass(frozen=True)
class CpuTime:
    """``cpu.stat`` of a cgroup: microseconds used, periods, and how many of them were throttled."""

    usage_us: int
    periods: int
    throttled: int

    def since(self, before: "CpuTime") -> "CpuTime":
        return CpuTime(
            self.usage_us - before.usage_us,
            self.periods - before.periods,
            self.throttled - before.throttled,
        )


@dataclass(frozen=True)
class Watched:
    """CPU time of two cgroups over the same time; ``rows`` are looks at both on the way."""

    limited: CpuTime
    unlimited: CpuTime
    rows: tuple[tuple[float, str, int, int], ...] = ()


PERIOD_US = 100_000
"""``cpu.max``'s period as the kubelet writes it."""
EVERY = 2.0
"""Seconds between two looks: twenty periods."""


def watch(shell: Shell, limited: str, unlimited: str, *, seconds: float) -> Watched:
    """Two cgroups side by side; the clock of the rows is the number of looks."""
    first = [cpu_time(shell, path) for path in (limited, unlimited)]
    seen, rows = first, []
    for number in range(1, round(seconds / EVERY) + 1):
        pause(EVERY, because="CPU is shared out in periods of 0.1 s; seconds show the rate")
        seen = [cpu_time(shell, path) for path in (limited, unlimited)]
        for name, now, start in zip(("limited", "unlimited"), seen, first, strict=True):
            time = now.since(start)
            rows.append((number * EVERY, name, time.usage_us // 1000, time.throttled))
    one, other = (now.since(start) for now, start in zip(seen, first, strict=True))
    return Watched(one, other, tuple(rows))


def slices_of(shell: Shell, uid: str) -> list[str]:
    """Every slice of the whole tree that carries a Pod's UID."""
    name = f"*pod{uid.replace('-', '_')}.slice"
    found = shell.run(["find", "/sys/fs/cgroup", "-type", "d", "-name", name]).stdout
    return found.split()


def outside_slices(shell: Shell, uid: str) -> list[str]:
    """What is wrong with where a Pod's cgroup lies; a cgroupfs driver names it by the plain UID."""
    found = slices_of(shell, uid)
    if len(found) == 1 and found[0].startswith(f"{ROOT}/"):
        return []
    others = shell.run(["find", MOUNTED, "-type", "d", "-name", f"*pod{uid}"]).stdout.split()
    return [f"{shell.name} has it at {' and '.join(found + others) or 'no place at all'}"]


def version_problems(shell: Shell) -> list[str]:
    """What is not cgroup v2 about a machine's tree; empty is good."""
    kind = shell.run(["stat", "--file-system", "--format=%T", "/sys/fs/cgroup"]).stdout.strip()
    found = [] if kind == "cgroup2fs" else [f"{shell.name}: /sys/fs/cgroup is {kind}"]
    mounts = [line.split() for line in shell.run(["cat", "/proc/mounts"]).stdout.splitlines()]
    return found + [f"{shell.name}: {m[1]} is of version 1" for m in mounts if m[2] == "cgroup"]


def cpu_time(shell: Shell, path: str) -> CpuTime:
    """Errors: CommandFailed when the cgroup is gone."""
    lines = shell.run(["cat", f"{path}/cpu.stat"]).stdout.splitlines()
    values = dict(line.split() for line in lines)
    return CpuTime(
        int(values["usage_usec"]),
        int(values.get("nr_periods", 0)),
        int(values.get("nr_throttled", 0)),
    )


def protections(shell: Shell, paths: Sequence[str]) -> list[str]:
    """Files of memory protection that are not neutral. Errors: NotJudged when one is not there."""
    names = [f"{path}/{name}" for path in paths for name in NEUTRAL]
    found = []
    for line in shell.run(["grep", "-H", "", *names], check=False).stdout.splitlines():
        file, _, value = line.partition(":")
        if value != NEUTRAL[file.rpartition("/")[2]]:
            found.append(f"{shell.name}: {file.removeprefix(ROOT)} is {value}")
        names.remove(file)
    if names:
        raise NotJudged(f"{shell.name} has no {names[0]}: protection cannot be judged")
    return found


def above(path: str) -> list[str]:
    """A Pod's slice and those above it, up to the kubelet's root."""
    paths = [path]
    while paths[-1] != ROOT:
        paths.append(paths[-1].rpartition("/")[0])
    return paths


def alive(shell: Shell, pids: Iterable[int]) -> list[int]:
    """Which of these processes a machine still has."""
    listed = shell.run(["ls", "/proc"]).stdout.split()
    return [pid for pid in pids if str(pid) in listed]


def killed_whole(shell: Shell, path: str) -> list[str]:
    """Lines of the kernel's log that tell of all processes of a cgroup killed for its memory:
    what mem_cgroup_print_oom_group of mm/memcontrol.c prints. Errors: CommandFailed.
    """
    mark = f"{path.removeprefix(MOUNTED)} are going to be killed due to memory.oom.group set"
    return [line for line in shell.run(["dmesg"]).stdout.splitlines() if mark in line]


def shutdown_locks(shell: Shell) -> list[str]:
    """Who delays a shutdown of the machine, as logind lists them. Errors: CommandFailed."""
    listed = shell.run(["systemd-inhibit", "--list", "--no-pager", "--no-legend"]).stdout
    return [line.strip() for line in listed.splitlines() if "shutdown" in line]
