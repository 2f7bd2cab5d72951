"""What a machine lacks for the local EC2, each as one line that says what to do."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.localec2.host.instance_types import DISK_GIB, available_mib
from infra.localec2.host.records import SCRATCH

PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "ethtool": "ethtool",
    "taskset": "util-linux",
    "setsid": "util-linux",
    "unshare": "util-linux",
}
"""Program -> Debian's package."""
MEMORY_MIB = 6144
"""Six machines of a cluster under test held 3.6 GB (measured); the rest is for tests and builds."""
REMOUNT = (
    f"mount -o remount,exec,size=90% {SCRATCH} (a container needs --tmpfs {SCRATCH}:exec,size=12g)"
)
PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
NO_ATTACH = 3
"""Yama's scope in which nobody may trace; linux Documentation/admin-guide/LSM/Yama.rst."""
Check = Callable[[], str | None]


def problems(state: Path, cache: Path) -> tuple[str, ...]:
    """Everything that is missing; empty when the local EC2 can run here.

    ``state`` and ``cache``: directories that will be written to; they need not exist yet.
    """
    return tuple(_found(state, cache))


def _found(state: Path, cache: Path) -> Iterator[str]:
    checks: list[Check] = [architecture, root, *(_program(name) for name in PROGRAMS)]
    checks += [namespaces, knobs, scratch, tracing, memory]
    for check in checks:
        if (problem := check()) is not None:
            yield problem
    for path in dict.fromkeys((_existing(state), _existing(cache))):
        if (problem := disk(path)) is not None:
            yield problem


def architecture(machine: str = platform.machine()) -> str | None:
    if machine == "x86_64":
        return None
    return f"this is {machine}, User-mode Linux runs on x86-64 only: use another or --platform aws"


def root() -> str | None:
    if os.geteuid() == 0:
        return None
    return "not root: network namespaces need it, run with sudo"


def namespaces() -> str | None:
    return _tried(
        ["unshare", "--net", "true"],
        "network namespaces are refused",
        "in a container add --privileged or --cap-add SYS_ADMIN --cap-add NET_ADMIN",
    )


def knobs() -> str | None:
    """Also in its own namespace a container may have /proc/sys read-only."""
    return _tried(
        ["unshare", "--net", "tee", "/proc/sys/net/ipv4/ip_forward"],
        "/proc/sys/net cannot be written",
        "in a container add --privileged or --security-opt systempaths=unconfined",
        text="1",
    )


def scratch(mounts: Path = Path("/proc/mounts")) -> str | None:
    for line in mounts.read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        if where == SCRATCH and kind == "tmpfs" and "noexec" not in options.split(","):
            size = shutil.disk_usage(SCRATCH).total // 2**20
            if size >= MEMORY_MIB:
                return None
            return f"{SCRATCH} has {size} MiB, machines keep their memory there: {REMOUNT}"
    return f"{SCRATCH} is no tmpfs that allows exec, machines keep their memory there: {REMOUNT}"


def tracing(scope: Path = PTRACE_SCOPE) -> str | None:
    """User-mode Linux traces its own processes."""
    if scope.exists() and int(scope.read_text()) >= NO_ATTACH:
        return f"{scope} forbids tracing, which User-mode Linux needs: boot with a lower value"
    return None


def memory(free: Callable[[], int] = available_mib) -> str | None:
    """What machines hold already counts as free: they are the cluster."""
    found = free() + shutil.disk_usage(SCRATCH).used // 2**20
    if found >= MEMORY_MIB:
        return None
    return f"{found} MiB of memory are free, a cluster needs {MEMORY_MIB} MiB: free some"


def disk(path: Path) -> str | None:
    free = shutil.disk_usage(path).free // 2**30
    if free >= DISK_GIB:
        return None
    return f"{path} has {free} GiB free, a cluster needs {DISK_GIB} GiB: free some"


def _program(name: str) -> Check:
    def check() -> str | None:
        if shutil.which(name):
            return None
        return f"{name} is missing: apt-get install {PROGRAMS[name]}"

    return check


def _tried(argv: list[str], problem: str, remedy: str, *, text: str = "") -> str | None:
    if not shutil.which(argv[0]):
        return None  # told already, as a missing program
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return f"{problem} ({done.stderr.strip()}): {remedy}"


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
