"""The EBS CSI driver as it stands: its Pods, what they last said, who knows it and its objects."""

from collections.abc import Sequence

from infra import observed_places
from infra.clients.workloads.pod_status import condition, is_ready
from infra.cluster import Cluster
from infra.kube_api import Api, JsonObject
from suite.storage.persistent_volume_claims import DRIVER

PODS = "/api/v1/namespaces/kube-system/pods"
CONTROLLER = "app=ebs-csi-controller"
LABELS = (CONTROLLER, "app=ebs-csi-node", "app.kubernetes.io/name=snapshot-controller")
"""Of its Pods: two of each, as there are two workers."""


def pods(api: Api, label: str) -> list[JsonObject]:
    return list(api.get(PODS, labelSelector=label)["items"])


def names(api: Api) -> list[str]:
    """Of all its Pods."""
    return [pod["metadata"]["name"] for label in LABELS for pod in pods(api, label)]


def missing(cluster: Cluster, definitions: Sequence[JsonObject]) -> list[str]:
    """What does not serve yet: Pods, nodes that do not know it, custom resources."""
    found = {label: pods(cluster.api, label) for label in LABELS}
    few = [text for label, some in found.items() if (text := too_few(label, some))]
    return [*few, *unregistered(cluster), *unserved(cluster, definitions)]


def too_few(label: str, found: Sequence[JsonObject]) -> str:
    """Two have to be Ready; what holds up those that are not."""
    ready = sum(map(is_ready, found))
    held = [text for pod in found if not is_ready(pod) and (text := held_by(pod))]
    return "" if ready == 2 else "; ".join([f"{label}: {ready} of 2 Pods Ready", *held])


def held_by(pod: JsonObject) -> str:
    """What a Pod waits for, in its scheduler's, its kubelet's or its containers' own words."""
    status, where = pod["status"], pod["spec"].get("nodeName", "")
    if not where:
        return str(condition(pod, "PodScheduled").get("message", "nobody has scheduled it"))
    told = [
        f"{one['name']} on {where}: {state.get('reason', '')} {state.get('message', '')[-200:]}"
        for one in status.get("containerStatuses", [])
        for kind in ("terminated", "waiting")  # the cause before what comes of it
        for state in [one.get("lastState", {}).get(kind) or one.get("state", {}).get(kind) or {}]
        if state
    ]
    return " ".join(told[0].split()) if told else ""


def unregistered(cluster: Cluster) -> list[str]:
    """Workers that do not know the driver."""
    found = []
    for worker in cluster.spec.workers:
        observed_places.looked(worker.name)  # what its kubelet has written of it
        known = cluster.api.find(f"/apis/storage.k8s.io/v1/csinodes/{worker.name}") or {}
        drivers = (known.get("spec") or {}).get("drivers") or []
        if DRIVER not in [driver["name"] for driver in drivers]:
            found.append(f"{worker.name} does not know {DRIVER}")
    return found


def limits(cluster: Cluster) -> dict[str, int]:
    """How many volumes each worker may have, as its plugin has told; 0 when it has not."""
    found = {}
    for worker in cluster.spec.workers:
        known = cluster.api.find(f"/apis/storage.k8s.io/v1/csinodes/{worker.name}") or {}
        drivers = (known.get("spec") or {}).get("drivers") or []
        counts = [
            (d.get("allocatable") or {}).get("count", 0) for d in drivers if d["name"] == DRIVER
        ]
        found[str(worker.name)] = int(counts[0]) if counts else 0
    return found


def unserved(cluster: Cluster, definitions: Sequence[JsonObject]) -> list[str]:
    """Kinds of custom resources that an API server does not list yet.

    One that has just learned of a kind answers 429 until its watch cache is there.
    """
    paths = [
        f"/apis/{crd['spec']['group']}/{version['name']}/{crd['spec']['names']['plural']}"
        for crd in definitions
        for version in crd["spec"]["versions"]
        if version["served"]
    ]
    return [
        f"{machine} answers {answer.status} for {path}"
        for machine, api in cluster.api_servers().items()
        for path in paths
        if not (answer := api.ask("GET", path)).ok
    ]


def controllers(api: Api) -> list[tuple[str, str, str]]:
    """Name, node and "ready/all" containers of each Pod of the controllers."""
    found = []
    for pod in pods(api, CONTROLLER):
        statuses = pod["status"].get("containerStatuses", [])
        ready = f"{sum(s['ready'] for s in statuses)}/{len(pod['spec']['containers'])}"
        found.append((pod["metadata"]["name"], pod["spec"].get("nodeName", ""), ready))
    return found


def restart_controllers(api: Api) -> None:
    """Other Pods of the controllers, whether these serve or not."""
    for pod in pods(api, CONTROLLER):
        api.delete(f"{PODS}/{pod['metadata']['name']}", grace_seconds=0)


def last_words(api: Api) -> list[str]:
    """What the containers of each controller said when they last ended, Pod by Pod."""
    found = []
    for pod in pods(api, CONTROLLER):
        ended = [
            (status.get(state) or {}).get("terminated") or {}
            for status in pod["status"].get("containerStatuses", [])
            for state in ("state", "lastState")
        ]
        found.append("\n".join(str(one.get("message", "")) for one in ended))
    return found
