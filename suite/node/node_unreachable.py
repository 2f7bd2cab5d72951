"""A node whose kubelet says nothing: its condition, its taints, what is left of its Pods.

Constants: node-monitor-grace-period 50 s and node-monitor-period 5 s (kube-controller-manager), and
tolerations of 300 s that admission adds to Pods (plugin/pkg/admission/defaulttolerationseconds).
"""

from datetime import datetime, timedelta

from infra.clients.node import kubelet
from infra.clients.workloads.cgroup_events import alive
from infra.clients.workloads.pod_status import condition
from infra.errors import NotPrepared
from infra.kube_api import DRY_RUN, Api, JsonObject, need
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import PodIdentity

UNREACHABLE = "node.kubernetes.io/unreachable"
GONE = "gone"
NOW = "NoExecute"
"""Effect of a taint that also ends what runs already."""
TOLERATED = 300
IMPATIENT = "impatient"
EVICTS = "taint-eviction-controller"
"""Controller of a controller manager (cmd/kube-controller-manager/names)."""


def state(api: Api, node: str) -> tuple[str, tuple[str, ...]]:
    """Status of the condition Ready, and the node's taints like ``key:effect``, sorted."""
    found = api.find(f"/api/v1/nodes/{node}")
    if found is None:
        return GONE, ()
    taints = found["spec"].get("taints", [])
    return str(condition(found, "Ready").get("status")), tuple(
        sorted(f"{t['key']}:{t['effect']}" for t in taints)
    )


def is_silent(seen: tuple[str, tuple[str, ...]]) -> bool:
    wanted = {f"{UNREACHABLE}:{effect}" for effect in (NOW, "NoSchedule")}
    return seen[0] == "Unknown" and wanted <= set(seen[1])


def until_unknown(api: Api, node: str) -> float:
    """Seconds from a silent node's last heartbeat until a controller manager gave it up.

    By two clocks: the kubelet's wrote its Lease, the manager's the condition, in whole seconds.
    """
    heard, given_up = kubelet.renewed(api, node), kubelet.ready_since(api, node)
    return (moment(given_up) - moment(heard)).total_seconds()


def until_evicted(api: Api, pod: JsonObject) -> float:
    """Seconds from a node's taint until a Pod there was deleted. Errors: NotPrepared."""
    metadata, node = pod["metadata"], pod["spec"]["nodeName"]
    taints = api.get(f"/api/v1/nodes/{node}")["spec"].get("taints", [])
    added = [t["timeAdded"] for t in taints if (t["key"], t["effect"]) == (UNREACHABLE, NOW)]
    if not added:
        raise NotPrepared(f"{node} has no taint {UNREACHABLE}:{NOW}: {taints}")
    grace = timedelta(seconds=metadata["deletionGracePeriodSeconds"])
    return (moment(metadata["deletionTimestamp"]) - grace - moment(added[0])).total_seconds()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def toleration(seconds: int) -> JsonObject:
    """Of a node's silence for so long."""
    return {
        "key": UNREACHABLE,
        "operator": "Exists",
        "effect": NOW,
        "tolerationSeconds": seconds,
    }


def given_to_new_pod(api: Api, namespace: str) -> int:
    """Seconds of silence that one API server lets a new Pod tolerate; nothing is stored."""
    container = {"name": "c", "image": "registry.k8s.io/pause:3.10.1"}
    body = {"metadata": {"name": "never-stored"}, "spec": {"containers": [container]}}
    path = f"/api/v1/namespaces/{namespace}/pods"
    return tolerates(need(api.ask("POST", path, body=body, params=DRY_RUN)))


def restarted(before: dict[str, PodIdentity], now: dict[str, PodIdentity]) -> list[str]:
    """Pods of a worker, but the impatient one, whose containers are not the same any more."""
    return [
        f"{name}: {was} became {now.get(name, 'gone')}"
        for name, was in before.items()
        if now.get(name) != was and not name.endswith(f"/{IMPATIENT}")
    ]


def disturbances(pod: RunningPod, others: list[str], pids: tuple[int, ...]) -> list[str]:
    """What should not be while a node is silent: a deleted Pod, a dead process, another node."""
    now = pod.pods.find(pod.name) or {"metadata": {}}
    found = ["the Pod is deleted"] if "deletionTimestamp" in now["metadata"] else []
    if now["metadata"].get("uid", GONE) != pod.first.identity.uid:
        found.append(f"the Pod is {now['metadata'].get('uid', GONE)}")
    if len(alive(pod.shell, pids)) != len(pids):
        found.append("processes of it have ended")
    nodes = {name: state(pod.pods.api, name)[0] for name in others}
    return found + [f"node {name} is {ready}" for name, ready in nodes.items() if ready != "True"]


def tolerates(pod: JsonObject) -> int:
    """Seconds for which a Pod tolerates that its node is unreachable; -1 for ever, 0 not at all."""
    for one in pod["spec"].get("tolerations", []):
        if one.get("key") == UNREACHABLE and one.get("effect") == NOW:
            return int(one.get("tolerationSeconds", -1))
    return 0
