"""Memory that the kernel keeps for a cgroup: ``memory.min`` whatever comes, ``memory.low`` while it
can (cgroup v2 of the kernel; the kubelet's MemoryQoS, KEP-2570).
"""

from collections.abc import Collection, Iterable

from infra import quantity
from infra.clients.workloads import cgroup_events, cgroups
from infra.clients.workloads.cgroups import ROOT
from infra.kube_api import JsonObject
from infra.ssh import Shell
from suite.workloads.pod_under_test import RunningPod

FILES = ("memory.min", "memory.low")


def kept(shell: Shell, path: str) -> dict[str, int]:
    """Bytes by file. Errors: CommandFailed when the cgroup is gone."""
    return {name: int(shell.get(f"{path}/{name}")) for name in FILES}


def kept_for(pod: RunningPod) -> dict[str, int]:
    """Bytes that its only container is kept."""
    return kept(pod.shell, cgroups.scopes_of(pod.first.pod)[pod.only_container])


def request(pod: JsonObject) -> int:
    """Bytes of memory that its only container asks for; 0 when it asks for none."""
    (container,) = pod["spec"]["containers"]
    asked = container.get("resources", {}).get("requests", {})
    return quantity.count_of_bytes(asked.get("memory", "0"))


def above(pods: Iterable[RunningPod]) -> list[str]:
    """Slices that several Pods share: the kubelet's own and those of QoS classes."""
    slices = [
        one for pod in pods for one in cgroup_events.above(cgroups.slice_of(pod.first.pod))[1:]
    ]
    return sorted(set(slices))


def shared(pods: Collection[RunningPod]) -> dict[str, int]:
    """Bytes by slice and file, like ``kubepods.slice/memory.min``, of slices above Pods."""
    shell = next(iter(pods)).shell
    found: dict[str, int] = {}
    for path in above(pods):
        inside = ROOT.rpartition("/")[2] + path.removeprefix(ROOT)
        found |= {f"{inside}/{name}": size for name, size in kept(shell, path).items()}
    return found
