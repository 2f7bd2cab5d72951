"""What a cluster may lack without being broken: asked once, before a run chooses its scenarios.

Only what the platform's image cannot have is asked for, never what the series builds or sets: that
is for the claims to judge.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.cluster import Cluster
from infra.ssh import Shell, exists

RECORD = "lacks.json"


@dataclass(frozen=True)
class Capability:
    """``meaning`` for the list of markers; ``lack`` is why it is missing, empty if it is there."""

    meaning: str
    lack: Callable[[Cluster], str]


def no_swap(cluster: Cluster) -> str:
    def lacks(shell: Shell) -> bool:
        return not exists(shell, "/proc/swaps")

    return "no worker's kernel has swap" if all_workers(cluster, lacks) else ""


def no_graceful_shutdown(cluster: Cluster) -> str:
    """A kubelet whose gate is off and a masked logind are a matter of configuration: judged."""

    def lacks(shell: Shell) -> bool:
        # it may not run yet: who first asks for it starts it
        logind = ["systemctl", "show", "--property=LoadState", "--value", "systemd-logind"]
        return shell.run(logind).stdout.strip() == "not-found"

    found = all_workers(cluster, lacks)
    return "no worker has systemd-logind: nothing can delay a shutdown" if found else ""


def all_workers(cluster: Cluster, lacks: Callable[[Shell], bool]) -> bool:
    """Whether each worker lacks it, as the platform's image has none: one that differs from the
    others is no lack but a wrong worker.
    """
    return all(lacks(cluster.shell(worker.name)) for worker in cluster.spec.workers)


CAPABILITIES = {
    "swap": Capability("workers whose kernel has swap", no_swap),
    "graceful_shutdown": Capability(
        "workers whose shutdown can be delayed, by logind", no_graceful_shutdown
    ),
}
"""Every capability that a feature may ask for, by the name in its tag."""


def lacks(cluster: Cluster) -> dict[str, str]:
    """Capability, and means of a cluster that others built, to the reason why this cluster lacks
    it. Errors: NotJudged when one cannot ask.
    """
    means = dict(cluster.entrance.lacks) if cluster.entrance else {}
    if not cluster.has_means("worker_shell"):
        return means  # those who ask for one need the shell too, and are out for that reason
    asked = {name: capability.lack(cluster) for name, capability in CAPABILITIES.items()}
    return means | {name: reason for name, reason in asked.items() if reason}


def save(state: Path, found: dict[str, str]) -> None:
    (state / RECORD).write_text(json.dumps(found, indent=2) + "\n")


def saved(state: Path) -> dict[str, str]:
    """What was found when this run began; nothing where no run has begun."""
    path = state / RECORD
    return dict(json.loads(path.read_text())) if path.exists() else {}
