"""A node whose kubelet says nothing: its condition, its taints, what is left of its Pods.

Constants: node-monitor-grace-period 50 s and node-monitor-period 5 s (kube-controller-manager), and
tolerations of 300 s that admission adds to Pods (plugin/pkg/admission/defaulttolerationseconds).
"""

from infra.clients.api import Api, JsonObject
from infra.clients.kernel import alive
from infra.clients.pods import Pods, condition
from infra.clients.running import RunningPod

UNREACHABLE = "node.kubernetes.io/unreachable"
TOLERATED = 300


def state(api: Api, node: str) -> tuple[str, tuple[str, ...]]:
    """Status of the condition Ready, and the node's taints like ``key:effect``, sorted."""
    found = api.get(f"/api/v1/nodes/{node}")
    taints = found["spec"].get("taints", [])
    return str(condition(found, "Ready").get("status")), tuple(
        sorted(f"{t['key']}:{t['effect']}" for t in taints)
    )


def is_silent(seen: tuple[str, tuple[str, ...]]) -> bool:
    wanted = {f"{UNREACHABLE}:{effect}" for effect in ("NoExecute", "NoSchedule")}
    return seen[0] == "Unknown" and wanted <= set(seen[1])


def disturbances(pod: RunningPod, others: list[str], pids: tuple[int, ...]) -> list[str]:
    """What should not be while a node is silent: a deleted Pod, a dead process, another node."""
    now = pod.get()
    found = ["the Pod is deleted"] if "deletionTimestamp" in now["metadata"] else []
    if pod.get()["metadata"]["uid"] != pod.first.identity.uid:
        found.append("the Pod is another one")
    if len(alive(pod.shell, pids)) != len(pids):
        found.append("processes of it have ended")
    nodes = {name: state(pod.pods.api, name)[0] for name in others}
    return found + [f"node {name} is {ready}" for name, ready in nodes.items() if ready != "True"]


def tolerates(pod: JsonObject) -> int:
    """Seconds for which a Pod tolerates that its node is unreachable; -1 for ever, 0 not at all."""
    for one in pod["spec"].get("tolerations", []):
        if one.get("key") == UNREACHABLE and one.get("effect") == "NoExecute":
            return int(one.get("tolerationSeconds", -1))
    return 0


def said(pods: Pods, name: str, uid: str) -> tuple[str, list[str]]:
    """Why a Pod is not scheduled, and the reasons of its events."""
    reason = condition(pods.get(name), "PodScheduled").get("reason", "")
    return str(reason), sorted({str(event["reason"]) for event in pods.events(uid)})


def whereabouts(pod: JsonObject) -> tuple[str, str, str]:
    """UID, node and phase."""
    return pod["metadata"]["uid"], pod["spec"].get("nodeName", ""), pod["status"]["phase"]
