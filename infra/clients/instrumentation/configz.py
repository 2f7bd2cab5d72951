"""The configuration that a control-plane component has in force, as it tells it on /configz."""

import json
from collections.abc import Callable
from typing import Any

from infra.artifacts.catalog import is_since
from infra.clients.controlplane.leader_metrics import port_of
from infra.clients.transport import durations, prometheus
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import JsonObject
from infra.machine_layout import SERIES

MANAGER, SCHEDULER = SERIES.leases.elected
"""As features call them, whatever a cluster's own layout names their Leases."""
NAMES = {MANAGER: "kubecontrollermanager.config.k8s.io", SCHEDULER: "componentconfig"}
"""Keys of /configz: cmd/kube-controller-manager/app and cmd/kube-scheduler/app of kubernetes."""


def told(cluster: Cluster, machine: str, component: str) -> JsonObject:
    """Of the process on that machine. Errors: NotJudged when it does not tell."""
    text = prometheus.scrape(
        port_of(cluster, machine, component),
        credentials=cluster.credentials("admin"),
        path="/configz",
    )
    try:
        return dict(json.loads(text)[NAMES[component]])
    except (ValueError, KeyError) as error:
        raise NotJudged(f"{component} of {machine} tells no configuration: {text[:200]}") from error


def of_each(cluster: Cluster, component: str) -> dict[str, JsonObject]:
    """By machine."""
    names = [machine.name for machine in cluster.spec.controllers]
    return {name: told(cluster, name, component) for name in names}


def below(tree: JsonObject, *names: str) -> Any:
    """A field below others; upper and lower case are one: before 1.36 components tell Go's names,
    ``LeaderElection``, since then public ones, ``leaderElection`` (kubernetes#136044).

    Errors: NotJudged naming what is not told.
    """
    found: Any = tree
    for name in names:
        fields = {key.lower(): value for key, value in found.items()}
        if name.lower() not in fields:
            raise NotJudged(f"no {'.'.join(names)} in the configuration: {', '.join(found)}")
        found = fields[name.lower()]
    return found


def retry_period(component: str, configuration: JsonObject) -> float:
    """Seconds between two tries to take or to renew the Lease."""
    above = ("Generic",) if component == MANAGER else ()
    return durations.of_go(below(configuration, *above, "LeaderElection", "RetryPeriod"))


def grace_period(manager: JsonObject) -> float:
    """Seconds of silence after which a controller manager gives a node up."""
    return durations.of_go(below(manager, "NodeLifecycleController", "NodeMonitorGracePeriod"))


def monitor_period(manager: JsonObject, kubernetes: str) -> float:
    """Seconds between two looks of a controller manager at the nodes."""
    moved = is_since(kubernetes, "1.37")  # kubernetes#137964
    controller = "NodeLifecycleController" if moved else "KubeCloudShared"
    return durations.of_go(below(manager, controller, "NodeMonitorPeriod"))


def runs(controller: str) -> Callable[[JsonObject], bool]:
    """Whether a controller manager runs that controller (its flag --controllers)."""

    def judge(manager: JsonObject) -> bool:
        chosen = manager["Generic"]["Controllers"]
        return f"-{controller}" not in chosen and ("*" in chosen or controller in chosen)

    return judge
