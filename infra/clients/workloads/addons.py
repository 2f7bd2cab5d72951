"""Add-ons: the Pods of kube-system, what owns them, and which stay when one is deleted."""

from dataclasses import dataclass

from infra.clients.workloads import pod_owners
from infra.clients.workloads.pod_status import is_ready
from infra.kube_api import Api, JsonObject

PODS = "/api/v1/namespaces/kube-system/pods"
LABELS = {"CoreDNS": "k8s-app=kube-dns", "the EBS CSI node plugin": "app=ebs-csi-node"}
"""Of an add-on's Pods, by what features call it: articles 15 and 44."""
WORKLOADS = ("Deployment", "DaemonSet")
APPS = "/apis/apps/v1/namespaces/kube-system"


@dataclass(frozen=True)
class Addons:
    """Pods of kube-system before anything happened."""

    api: Api
    pods: tuple[JsonObject, ...]

    def owners(self) -> dict[str, str]:
        return {pod["metadata"]["name"]: pod_owners.owner_kind(self.api, pod) for pod in self.pods}

    def touched(self, deleted: str) -> list[str]:
        """Pods other than ``deleted`` (a UID) that are gone or had a container restarted."""
        now = pod_owners.identities(self.api.get(PODS)["items"])
        before = pod_owners.identities(list(self.pods))
        names = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in self.pods}
        return [
            f"{names[uid]}: {containers} became {now.get(uid, 'gone')}"
            for uid, containers in before.items()
            if uid != deleted and now.get(uid) != containers
        ]


def look(api: Api) -> Addons:
    return Addons(api, tuple(api.get(PODS)["items"]))


def ready(api: Api, addon: str) -> dict[str, str]:
    """Names of an add-on's Ready Pods by UID."""
    pods = api.get(PODS, labelSelector=LABELS[addon])["items"]
    return {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in pods if is_ready(pod)}


def workers_of(api: Api, addon: str) -> list[str]:
    """Nodes of an add-on's Ready Pods, each once."""
    pods = api.get(PODS, labelSelector=LABELS[addon])["items"]
    return sorted({str(pod["spec"]["nodeName"]) for pod in pods if is_ready(pod)})


def unfinished_rollouts(api: Api) -> list[str]:
    """Deployments and DaemonSets of kube-system not all of whose Pods are available and of the
    newest template, as ``kubectl rollout status`` judges: old Pods may serve while new ones fail.
    """
    deployments = {
        f"Deployment {found['metadata']['name']}": (
            found,
            int(found["spec"].get("replicas", 1)),
            ("replicas", "updatedReplicas", "availableReplicas"),
        )
        for found in api.get(f"{APPS}/deployments")["items"]
    }
    daemon_sets = {
        f"DaemonSet {found['metadata']['name']}": (
            found,
            int(found.get("status", {}).get("desiredNumberScheduled", 0)),
            ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable"),
        )
        for found in api.get(f"{APPS}/daemonsets")["items"]
    }
    told = []
    for name, (found, wanted, fields) in (deployments | daemon_sets).items():
        status = found.get("status", {})
        seen = {field: int(status.get(field, 0)) for field in fields}
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            told.append(f"{name}: its controller has not seen its newest generation")
        elif set(seen.values()) != {wanted}:
            figures = ", ".join(f"{field} {value}" for field, value in seen.items())
            told.append(f"{name}: {figures}, wanted {wanted} of each")
    return told
