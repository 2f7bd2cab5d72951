"""What a container has of a device plugin: what it was given, and what it may do with it."""

from dataclasses import dataclass

from infra.errors import require
from suite.workloads.pod_under_test import RunningPod

OWN = "/root"
"""A folder of the image, which the container may write."""


@dataclass(frozen=True)
class Inside:
    """What a container has of a plugin: nonce, marker of its folder, numbers of its device."""

    nonce: str
    marker: str
    device: str


def inside(pod: RunningPod) -> Inside:
    """Read through the container's first process. Errors: CommandFailed when it is gone."""
    first, *_ = pod.cgroups().containers[pod.only_container].pids
    root = f"/proc/{first}"
    environment = pod.shell.get(f"{root}/environ").decode().split("\0")
    found = dict(entry.partition("=")[::2] for entry in environment if "=" in entry)
    marker = pod.shell.run(["cat", f"{root}/root/device/marker"], check=False).stdout.strip()
    device = pod.shell.run(["stat", "--format=%t:%T", f"{root}/root/dev/claim"], check=False)
    return Inside(found.get("DEVICE_NONCE", ""), marker, device.stdout.strip())


def written(pod: RunningPod) -> list[str]:
    """What a container may write of the plugin's folder; empty is right. Errors: NotPrepared.

    Tried by its mounts, as its own root would; beside it is written, so that the way is open.
    """
    first, *_ = pod.cgroups().containers[pod.only_container].pids

    def may_write(folder: str) -> bool:
        file = f"/proc/{first}/root{folder}/claim-written"
        return pod.shell.run(["touch", file], check=False).exit_status == 0

    require(may_write(OWN), f"(control) {pod.name} should write into its own {OWN}")
    return [f"{pod.name} on {pod.node} wrote into it"] if may_write("/device") else []
