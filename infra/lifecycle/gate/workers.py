"""Health of the workers: Ready nodes, kube-proxies that keep Services, names that are answered."""

from collections.abc import Mapping
from typing import Any

from infra import parallel
from infra.clients.instrumentation import component_metrics
from infra.cluster import Cluster

CLOSING = ("NoSchedule", "NoExecute")
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
OWN_TAINTS = ("node.kubernetes.io/", "scenario-of/")
"""Kubernetes' own and those of scenarios, which go with what they stand for."""


def node_problems(cluster: Cluster) -> list[str]:
    items = cluster.api.get("/api/v1/nodes")["items"]
    ready = {item["metadata"]["name"] for item in items if condition(item, "Ready") == "True"}
    return [f"node {m.name} is not Ready" for m in cluster.spec.workers if m.name not in ready]


def closed(cluster: Cluster) -> list[str]:
    """Workers that take no new Pods, by somebody's will or for want of room."""
    items = cluster.api.get("/api/v1/nodes")["items"]
    nodes = {item["metadata"]["name"]: item for item in items}
    return [
        f"node {machine.name} takes no new Pods: it is {why}"
        for machine in cluster.spec.workers
        for node in [nodes.get(machine.name, {})]
        for why in [*closed_by(node.get("spec", {})), *pressed_by(node)]
    ]


def pressed_by(node: Mapping[str, Any]) -> list[str]:
    return [f"under {kind}" for kind in PRESSURES if condition(node, kind) == "True"]


def closed_by(spec: Mapping[str, Any]) -> list[str]:
    found = ["cordoned (kubectl uncordon)"] if spec.get("unschedulable") else []
    return found + [
        f"tainted {taint['key']}={taint.get('value', '')}:{taint['effect']}"
        for taint in spec.get("taints") or ()
        if taint["effect"] in CLOSING and not taint["key"].startswith(OWN_TAINTS)
    ]


def proxy_problems(cluster: Cluster) -> list[str]:
    """A worker whose kube-proxy is dead keeps its rules, and learns of no Service any more."""
    names = [machine.name for machine in cluster.spec.workers]
    port = cluster.layout.ports.kube_proxy_health
    found = parallel.by_item(
        names, lambda name: component_metrics.of_proxy(cluster.shell(name), port)
    )
    return [
        f"kube-proxy of {worker} {told}: Services on {worker} stay as they were or lead nowhere"
        for worker, told in found.items()
        if told
    ]


def dns_problems(cluster: Cluster) -> list[str]:
    found = cluster.api.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
    return [] if condition(found, "Available") == "True" else ["CoreDNS is not available"]


def condition(item: Mapping[str, Any], kind: str) -> str:
    status = item.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    return next((c["status"] for c in conditions or () if c["type"] == kind), "absent")
