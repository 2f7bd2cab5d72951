"""Cgroup v2 files of a Pod as its worker's kernel has them now, found by UID and container ID.

Names of slices and scopes: kubernetes pkg/kubelet/cm (systemd driver) and containerd's CRI plugin
(``cri-containerd-<id>.scope``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra import quantity
from infra.errors import NotJudged
from infra.kube_api import JsonObject
from infra.ssh import Shell

MOUNTED = "/sys/fs/cgroup"
ROOT = f"{MOUNTED}/kubepods.slice"
FILES = ("cpu.max", "memory.max", "cpu.weight", "memory.current", "memory.events", "cgroup.procs")
START_TIME = 21
"""Index of starttime among the fields of /proc/PID/stat, of which it is the 22nd (proc(5))."""


class NoCgroup(NotJudged):
    """A cgroup of a Pod has no files: its container has just ended, or never was on this worker."""

    def __init__(self, machine: str, path: str, said: str) -> None:
        super().__init__(f"{machine}: no cgroup files at {path}: {said}")


@dataclass(frozen=True)
class Cgroup:
    """One cgroup; texts as the kernel writes them. ``pids`` and ``oom_kills`` are not limits."""

    cpu_max: str
    memory_max: str
    cpu_weight: int
    memory_current: int = field(default=0, compare=False)
    oom_kills: int = field(default=0, compare=False)
    pids: tuple[int, ...] = field(default=(), compare=False)

    def allows(self, cpu: str | None, memory: str | None) -> bool:
        """Limits are exactly these; None is no limit."""
        return (self.cpu_max, self.memory_max) == (
            quantity.cpu_max(cpu),
            quantity.memory_max(memory),
        )

    def __str__(self) -> str:
        return f"cpu.max {self.cpu_max}, memory.max {self.memory_max}, cpu.weight {self.cpu_weight}"


@dataclass(frozen=True)
class PodCgroups:
    """The slice of a Pod and the scope of each of its running containers, by container name."""

    pod: Cgroup
    containers: Mapping[str, Cgroup]

    def all(self) -> dict[str, Cgroup]:
        return {"pod slice": self.pod, **{f"container {n}": c for n, c in self.containers.items()}}

    def __repr__(self) -> str:
        return "; ".join(f"{scope}: {cgroup}" for scope, cgroup in self.all().items())


def slice_of(pod: JsonObject) -> str:
    """Path of a Pod's slice, from its UID and QoS class."""
    qos = str(pod["status"]["qosClass"]).lower()
    uid = str(pod["metadata"]["uid"]).replace("-", "_")
    if qos == "guaranteed":
        return f"{ROOT}/kubepods-pod{uid}.slice"
    return f"{ROOT}/kubepods-{qos}.slice/kubepods-{qos}-pod{uid}.slice"


def scopes_of(pod: JsonObject) -> dict[str, str]:
    """Paths of the scopes of a Pod's running containers, init containers too, by name."""
    parent = slice_of(pod)
    return {
        status["name"]: f"{parent}/cri-containerd-{status['containerID'].split('://')[1]}.scope"
        for status in statuses_of(pod)
        if "running" in status.get("state", {})
    }


def short(path: str) -> str:
    """A cgroup as readers tell it from others: ``pod b7c0f3f4``, ``container 4be1f0a27c93``; the
    path's end where it is neither.
    """
    end = path.rpartition("/")[2]
    if found := re.search(r"-pod([0-9a-f]{8})[0-9a-f_]*\.slice$", end):
        return f"pod {found[1]}"
    found = re.match(r"cri-containerd-([0-9a-f]{12})", end)
    return f"container {found[1]}" if found else end


def statuses_of(pod: JsonObject) -> list[JsonObject]:
    status = pod["status"]
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


@dataclass(frozen=True)
class Ending:
    """How a container last ended, and whether it runs since."""

    restarts: int
    reason: str
    status: int
    runs_again: bool


def ending(pod: JsonObject, container: str) -> Ending:
    found = next(s for s in statuses_of(pod) if s["name"] == container)
    last = found.get("lastState", {}).get("terminated", {})
    count, again = found["restartCount"], "running" in found.get("state", {})
    reason, status = str(last.get("reason", "")), int(last.get("exitCode", 0))
    return Ending(count, reason, status, runs_again=count > 0 and again)


def read(shell: Shell, pod: JsonObject) -> PodCgroups:
    """All of a Pod's cgroups, in one command. Errors: NoCgroup."""
    parent, scopes = slice_of(pod), scopes_of(pod)
    paths = [parent, *scopes.values()]
    names = [f"{path}/{name}" for path in paths for name in FILES]
    # -s: a file that vanishes between two reads is judged below, where its cgroup is known
    got = shell.run(["grep", "-sH", "", *names], check=False)
    cgroups = parsed(got.stdout)
    for path in paths:
        if "cpu.max" not in cgroups.get(path, {}) or "memory.max" not in cgroups[path]:
            raise NoCgroup(shell.name, path, got.stderr.strip() or "cpu.max is not there")
    return PodCgroups(
        made(cgroups[parent]), {name: made(cgroups[path]) for name, path in scopes.items()}
    )


def parsed(output: str) -> dict[str, dict[str, list[str]]]:
    """Lines of ``grep -H`` by cgroup path and file name."""
    cgroups: dict[str, dict[str, list[str]]] = {}
    for line in output.splitlines():
        path, _, text = line.partition(":")
        parent, _, name = path.rpartition("/")
        cgroups.setdefault(parent, {}).setdefault(name, []).append(text)
    return cgroups


def made(files: Mapping[str, list[str]]) -> Cgroup:
    events = dict(line.split() for line in files.get("memory.events", []))
    return Cgroup(
        cpu_max=files["cpu.max"][0],
        memory_max=files["memory.max"][0],
        cpu_weight=int(files.get("cpu.weight", ["0"])[0]),
        memory_current=int(files.get("memory.current", ["0"])[0]),
        oom_kills=int(events.get("oom_kill", 0)),
        pids=tuple(int(pid) for pid in files.get("cgroup.procs", [])),
    )


def main_processes(shell: Shell, cgroups: PodCgroups) -> dict[str, int]:
    """Start time in clock ticks of the oldest process of each container, by container name."""
    return {name: started(shell, cgroup.pids) for name, cgroup in cgroups.containers.items()}


def started(shell: Shell, pids: tuple[int, ...]) -> int:
    got = shell.run(["cat", *(f"/proc/{pid}/stat" for pid in pids)], check=False)
    times = [start_time(line) for line in got.stdout.splitlines()]
    if not times:
        raise NoCgroup(shell.name, f"/proc/{pids}", "the container has no process")
    return min(times)


def start_time(stat: str) -> int:
    """Start time from a line of /proc/PID/stat; the command in it may hold spaces and brackets."""
    after_command = stat.rpartition(") ")[2].split()
    return int(after_command[START_TIME - 2])


def runc_version(shell: Shell) -> str:
    """Of the runc that makes the cgroups of containers, like 1.3.6. Errors: NotJudged."""
    said = shell.run(["runc", "--version"]).stdout
    found = re.match(r"runc version (\S+)", said)
    if not found:
        raise NotJudged(f"{shell.name}: runc --version names no version: {said[:80]!r}")
    return found[1]


def rows(before: PodCgroups, after: PodCgroups) -> list[dict[str, str]]:
    """Evidence of a change: each file at each scope, before and after."""
    return [
        {"file": name, "scope": scope, "before": text, "after": now}
        for scope, cgroup in before.all().items()
        if scope in after.all()
        for (name, text), now in zip(
            shown(cgroup).items(), shown(after.all()[scope]).values(), strict=True
        )
    ]


def shown(cgroup: Cgroup) -> dict[str, str]:
    return {
        "cpu.max": cgroup.cpu_max,
        "memory.max": cgroup.memory_max,
        "cpu.weight": str(cgroup.cpu_weight),
    }
