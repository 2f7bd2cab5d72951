"""A worker that is shut down: locks and limits at logind, and what Pods tell of their end.

Names: kubernetes pkg/kubelet/nodeshutdown (1.36).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.clients.node import kubelet
from infra.clients.transport import prometheus, systemd
from infra.clients.workloads import cgroup_events
from infra.clients.workloads.pod_status import condition
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell, exists

FOLDER = "/etc/systemd/logind.conf.d"
DROP_IN = f"{FOLDER}/99-kubelet.conf"
LATER = f"{FOLDER}/zz-claim.conf"
"""Sorts after the kubelet's: logind takes the last (logind.conf(5))."""
LOGIND = "systemd-logind"
NOT_RAISED = "waiting for logind InhibitDelayMaxSec to update"
"""Words of a kubelet that could not raise the limit (nodeshutdown_manager_linux.go)."""
LIMIT = [
    *("busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1"),
    *("org.freedesktop.login1.Manager", "InhibitDelayMaxUSec"),
]
MARK = re.compile(
    r"^I\d{4} (\S+) .*\] GET /echo\?msg=([a-z-]+)-(running|asked|ended)&", re.MULTILINE
)
"""A line of agnhost netexec, with klog's time."""
SHUTTING_DOWN = "shutting down"
BEGAN = "kubelet_graceful_shutdown_start_time_seconds"
ENDED = "kubelet_graceful_shutdown_end_time_seconds"


@dataclass(frozen=True)
class Mark:
    """What a Pod told: ``running``, ``asked`` to end, or ``ended``."""

    time: str
    pod: str
    what: str


def limit(shell: Shell) -> float:
    """Seconds that logind lets a lock delay a shutdown. Errors: CommandFailed."""
    return int(shell.run(LIMIT).stdout.split()[1]) / 1e6


def delays(shell: Shell) -> str:
    """The lock of this machine's kubelet as logind lists it; empty when there is none."""
    pid = str(systemd.show(shell, shell.layout.units.kubelet).pid)
    locks = [line.split() for line in cgroup_events.shutdown_locks(shell)]
    return next(
        (" ".join(w) for w in locks if w[0] == "kubelet" and pid in w and w[-1] == "delay"), ""
    )


def announce(shell: Shell, *, begins: bool) -> None:
    """Sends logind's signal that a shutdown begins, or that it was called off."""
    manager = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    word = "true" if begins else "false"
    shell.run(["busctl", "emit", *manager, "PrepareForShutdown", "b", word])


def allows(shell: Shell) -> str:
    """What logind allows, in words; also that there is none to ask."""
    asked = shell.run(LIMIT, check=False)
    if asked.exit_status:
        return f"logind does not answer: {(asked.stderr or asked.stdout).strip()[:200]}"
    return f"logind allows {int(asked.stdout.split()[1]) / 1e6:g} s"


def lock_or_why(shell: Shell) -> tuple[str, str]:
    """The kubelet's lock, or empty; and what logind allows."""
    return delays(shell), allows(shell)


def at_most(seconds: float) -> bytes:
    """A file for logind that lets nobody delay a shutdown for longer."""
    return f"[Login]\nInhibitDelayMaxSec={seconds:g}\n".encode()


def raised(shell: Shell) -> bool:
    return exists(shell, DROP_IN)


def marks(log: str) -> list[Mark]:
    return [Mark(*found) for found in MARK.findall(log)]


def out_of_order(found: Sequence[Mark], ordinary: Sequence[str], critical: str) -> list[str]:
    """What is wrong with the order of deaths; empty is right."""
    told = [(mark.pod, mark.what) for mark in found]
    wanted = [(pod, what) for pod in (*ordinary, critical) for what in ("asked", "ended")]
    missing = [
        f"{pod} did not tell that it was {what}" for pod, what in wanted if (pod, what) not in told
    ]
    if missing:
        return missing
    asked = told.index((critical, "asked"))
    return [
        f"{critical} was asked to end before {pod} had ended"
        for pod in ordinary
        if told.index((pod, "ended")) > asked
    ]


def settings(period: float, critical: float) -> dict[str, str]:
    """A kubelet's settings for a graceful shutdown, in seconds."""
    return {
        "shutdownGracePeriod": f"{period:g}s",
        "shutdownGracePeriodCriticalPods": f"{critical:g}s",
    }


def ended_by_kubelet(pods: Mapping[str, JsonObject]) -> list[str]:
    seen = {name: ending(pod) for name, pod in pods.items()}
    return [f"{name}: {told}" for name, told in seen.items() if "TerminationByKubelet" in told]


def not_ended_by_kubelet(pods: Mapping[str, JsonObject]) -> list[str]:
    """Pods that go on, or whose status does not say that the kubelet ended them for a shutdown.

    One whose process ends by itself with 0 is Succeeded, and then has no reason.
    """
    seen = {name: ending(pod) for name, pod in pods.items()}
    return [
        f"{name}: {told}"
        for name, told in seen.items()
        if told[0] not in ("Failed", "Succeeded") or told[2] != "TerminationByKubelet"
    ]


def ending(pod: JsonObject) -> tuple[str, str, str]:
    """Phase, reason, and the reason of the condition DisruptionTarget."""
    status = pod["status"]
    target = condition(pod, "DisruptionTarget")
    return str(status["phase"]), str(status.get("reason", "")), str(target.get("reason", ""))


def ready(api: Api, node: str) -> tuple[str, str]:
    """Status and message of a node's condition Ready."""
    told = kubelet.readiness(api, node)
    return str(told.get("status", "absent")), str(told.get("message", ""))


def times(api: Api, node: str) -> tuple[float, float]:
    """When a kubelet's last shutdown began and ended, in seconds since 1970; 0 for never."""
    found = kubelet.samples(api, node)
    began, ended = (prometheus.value(found, name) or 0.0 for name in (BEGAN, ENDED))
    return began, ended
