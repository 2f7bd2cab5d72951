"""Pods without a node: what their status says of them, and where they are once they have one."""

from infra.clients.workloads.pod_status import condition, is_ready
from infra.kube_api import JsonObject
from suite.workloads.pods import Pods

GONE = "gone"
READY = "Ready"


def reported(pods: Pods, name: str, uid: str) -> tuple[str, list[str]]:
    """Why a Pod is not scheduled, and the reasons of its events."""
    reason = condition(pods.get(name), "PodScheduled").get("reason", "")
    return str(reason), sorted({str(event["reason"]) for event in pods.events(uid)})


def whereabouts(pod: JsonObject | None) -> tuple[str, str, str]:
    """UID, node, and ``Ready`` or the phase."""
    if pod is None:
        return GONE, "", ""
    state = READY if is_ready(pod) else str(pod["status"]["phase"])
    return pod["metadata"]["uid"], pod["spec"].get("nodeName", ""), state
