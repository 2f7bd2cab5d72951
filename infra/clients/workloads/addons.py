"""Add-ons: the Pods of kube-system, what owns them, and which stay when one is deleted."""

from dataclasses import dataclass

from infra.clients.workloads import pod_owners
from infra.clients.workloads.pod_status import is_ready
from infra.kube_api import Api, JsonObject

PODS = "/api/v1/namespaces/kube-system/pods"
LABELS = {"CoreDNS": "k8s-app=kube-dns", "the EBS CSI node plugin": "app=ebs-csi-node"}
"""Of an add-on's Pods, by what features call it: articles 15 and 44."""
WORKLOADS = ("Deployment", "DaemonSet")


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
