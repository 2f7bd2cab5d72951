"""Deployments and what belongs to them: ReplicaSets and Pods, told apart by identity."""

from dataclasses import dataclass

from infra.clients.workloads.pod_owners import APPS, identities
from infra.kube_api import Api

PAUSE_LABEL = "app"


@dataclass(frozen=True)
class Deployment:
    """A Deployment of a namespace, selected by its label ``app``."""

    api: Api
    namespace: str
    name: str

    def create(self, image: str, *, args: list[str], replicas: int = 1) -> None:
        labels = {PAUSE_LABEL: self.name}
        container = {"name": "main", "image": image, "args": args}
        pod = {"terminationGracePeriodSeconds": 0, "containers": [container]}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        body = {"metadata": {"name": self.name}, "spec": spec}
        self.api.create(f"{APPS}/{self.namespace}/deployments", body)

    def available(self) -> int:
        found = self.api.get(f"{APPS}/{self.namespace}/deployments/{self.name}")
        return int(found["status"].get("availableReplicas", 0))

    def replica_sets(self) -> list[str]:
        """Names of its ReplicaSets."""
        found = self.api.get(
            f"{APPS}/{self.namespace}/replicasets", labelSelector=f"{PAUSE_LABEL}={self.name}"
        )
        return [item["metadata"]["name"] for item in found["items"]]

    def containers(self) -> dict[str, str]:
        """Container IDs and start times of its Pods, by the Pod's UID."""
        found = self.api.get(
            f"/api/v1/namespaces/{self.namespace}/pods",
            labelSelector=f"{PAUSE_LABEL}={self.name}",
        )
        return identities(found["items"])
