"""What a worker's machine is set to, beside its kubelet and runtime: Pods feel it as much."""

from collections.abc import Mapping

from infra.ssh import Shell

SYSCTLS = (
    "fs.inotify.max_queued_events", "fs.inotify.max_user_instances", "kernel.panic",
    "kernel.panic_on_oops", "net.bridge.bridge-nf-call-iptables", "net.ipv4.ip_forward",
    "vm.max_map_count", "vm.oom_kill_allocating_task", "vm.overcommit_memory",
    "vm.overcommit_ratio", "vm.panic_on_oom", "vm.swappiness",
)  # fmt: skip
"""Of the kernel (its admin-guide/sysctl); those of which it makes more on a larger machine are not
among them."""
SLICES = tuple(
    f"/sys/fs/cgroup/kubepods.slice{below}"
    for below in ("", "/kubepods-burstable.slice", "/kubepods-besteffort.slice")
)
LIMITS = ("cpu.max", "io.max", "memory.high", "memory.swap.max")
"""That the kubelet never writes there: all Pods of the slice share what somebody else has set.
memory.max of the highest slice is the worker's own."""
TIME_ZONE = "/etc/localtime"


def of_worker(shell: Shell) -> Mapping[str, str]:
    """Settings by name, as peers are compared by."""
    names = [f"{path}/{name}" for path in SLICES for name in LIMITS]
    # a kernel without a controller has not its files, and one without bridges no setting of theirs
    told = shell.run(["sysctl", "--ignore", *SYSCTLS], check=False).stdout
    limits = shell.run(["grep", "-sH", "", *names], check=False).stdout
    zone = shell.run(["readlink", "--canonicalize", TIME_ZONE], check=False).stdout.strip()
    return {**pairs(told, " = "), **pairs(limits, ":"), "the time zone": zone}


def pairs(text: str, between: str) -> dict[str, str]:
    split = (line.partition(between) for line in text.splitlines())
    return {name: value.strip() for name, _, value in split}
