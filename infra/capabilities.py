"""What a cluster may lack without being broken: asked once, before a run chooses its scenarios."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.clients import metrics
from infra.clients.api import Api
from infra.cluster import Cluster

RECORD = "lacks.json"
METRICS = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
GATE = "GracefulNodeShutdown"
"""On by default and not locked (kubernetes pkg/features/kube_features.go, 1.36): it may be off."""


@dataclass(frozen=True)
class Capability:
    """``meaning`` for the list of markers; ``lack`` is why it is missing, empty if it is there."""

    meaning: str
    lack: Callable[[Cluster], str]


def no_swap(cluster: Cluster) -> str:
    without = [
        worker.name
        for worker in cluster.spec.workers
        if cluster.shell(worker.name).run(["test", "-e", "/proc/swaps"], check=False).exit_status
    ]
    return f"the kernel of {', '.join(without)} has no swap" if without else ""


def no_graceful_shutdown(cluster: Cluster) -> str:
    for worker in cluster.spec.workers:
        # it may not run yet: who first asks for it starts it
        logind = ["systemctl", "show", "--property=LoadState", "--value", "systemd-logind"]
        if cluster.shell(worker.name).run(logind).stdout.strip() != "loaded":
            return f"{worker.name} has no systemd-logind: nothing can delay its shutdown"
        if gate_is_off(cluster.api, worker.name):
            return f"the kubelet of {worker.name} has its feature gate {GATE} off"
    return ""


def gate_is_off(api: Api, node: str) -> bool:
    """As the kubelet itself says; a gate that it no longer lists cannot be off."""
    told = api.ask("GET", f"/api/v1/nodes/{node}/proxy/metrics")
    samples = metrics.parse(told.text, only=metrics.GATES) if told.status == 200 else []
    return metrics.gate(samples, GATE) == 0


def no_metrics_server(cluster: Cluster) -> str:
    told = cluster.api.ask("GET", METRICS)
    return "no API server answers for the metrics API here" if told.status == 404 else ""


CAPABILITIES = {
    "swap": Capability("workers whose kernel has swap", no_swap),
    "graceful_shutdown": Capability(
        "kubelets that may delay a shutdown, by logind", no_graceful_shutdown
    ),
    "metrics_server": Capability("the metrics API as an aggregated API", no_metrics_server),
}
"""Every capability that a feature may ask for, by the name in its tag."""


def lacks(cluster: Cluster) -> dict[str, str]:
    """Capability to the reason why this cluster lacks it. Errors: LabError when one cannot ask."""
    asked = {name: capability.lack(cluster) for name, capability in CAPABILITIES.items()}
    return {name: reason for name, reason in asked.items() if reason}


def save(state: Path, found: dict[str, str]) -> None:
    (state / RECORD).write_text(json.dumps(found, indent=2) + "\n")


def saved(state: Path) -> dict[str, str]:
    """What was found when this run began; nothing where no run has begun."""
    path = state / RECORD
    return dict(json.loads(path.read_text())) if path.exists() else {}
