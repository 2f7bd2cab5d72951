"""Pods by what owns them, and told apart by identity."""

from collections.abc import Mapping

from infra.kube_api import Api, JsonObject

APPS = "/apis/apps/v1/namespaces"


def identities(pods: list[JsonObject]) -> dict[str, str]:
    """What a restart or a replacement changes, by UID."""
    return {
        pod["metadata"]["uid"]: "; ".join(
            f"{s.get('containerID', '')} x{s.get('restartCount', 0)}"
            for s in pod["status"].get("containerStatuses", [])
        )
        for pod in pods
    }


def owner_kind(api: Api, pod: JsonObject) -> str:
    """``Deployment``, ``DaemonSet`` ... at the top of a Pod's owners, or ``nobody``."""
    owner = controller_of(pod)
    if owner.get("kind") == "ReplicaSet":
        namespace = pod["metadata"]["namespace"]
        found = api.get(f"{APPS}/{namespace}/replicasets/{owner['name']}")
        owner = controller_of(found) or owner
    return str(owner.get("kind", "nobody"))


def controller_of(item: JsonObject) -> Mapping[str, str]:
    owners = item["metadata"].get("ownerReferences") or ()
    return next((o for o in owners if o.get("controller")), {})
