"""Swap of a machine, on a file, and what containers may use of it.

Share of a Burstable container: kubernetes pkg/kubelet/kuberuntime (1.36): its request for memory,
divided by the node's memory, of all swap.
"""

from collections.abc import Iterable

from infra import quantity
from infra.clients.workloads.cgroups import scopes_of
from infra.errors import NotJudged
from infra.kube_api import Api
from infra.ssh import Shell
from suite.workloads import memory_qos
from suite.workloads.pod_under_test import RunningPod

FILE = "/var/lib/claim-swap"
SIZE = "256M"
LIMIT = "/sys/fs/cgroup/kubepods.slice/memory.swap.max"
"""There where the kernel can limit swap: without it no container could be kept from it."""
PAGES = 2 * 4096
"""Bytes by which the kernel's whole pages and our division may differ."""


def switch_on(shell: Shell) -> None:
    """Errors: CommandFailed, NotJudged when the machine still has none."""
    shell.run(["fallocate", f"--length={SIZE}", FILE])
    shell.run(["chmod", "600", FILE])
    shell.run(["mkswap", "--quiet", FILE], check=False)
    shell.run(["swapon", FILE])
    if not total(shell):
        raise NotJudged(f"{shell.name} has no swap although it was switched on")


def total(shell: Shell) -> int:
    """Bytes of swap that a machine has."""
    lines = shell.get("/proc/meminfo").decode().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("SwapTotal:"))


def allowed(pod: RunningPod) -> int:
    """Bytes that a Pod's only container may swap. Errors: CommandFailed without the file."""
    path = scopes_of(pod.first.pod)[pod.only_container]
    said = pod.shell.get(f"{path}/memory.swap.max").decode().strip()
    return -1 if said == "max" else int(said)


def share(api: Api, pod: RunningPod) -> int:
    """Bytes that its request for memory is worth."""
    asked = memory_qos.request(pod.first.pod)
    capacity = api.get(f"/api/v1/nodes/{pod.node}")["status"]["capacity"]["memory"]
    return asked * total(pod.shell) // quantity.count_of_bytes(capacity)


def wrong(rows: Iterable[tuple[str, int, int]]) -> list[str]:
    """Rows of class, bytes allowed and bytes expected that do not agree."""
    return [
        f"{qos}: {seen}, must be {must}"
        for qos, seen, must in rows
        if abs(seen - must) > (PAGES if must else 0)
    ]
