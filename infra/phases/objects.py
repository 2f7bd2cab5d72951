"""API objects of the phases, stored by server-side apply."""

from collections.abc import Mapping
from typing import Any

from infra.clients.api import Api, need

FIELD_MANAGER = "kubernetes-from-scratch"
CLUSTER_SCOPED = frozenset(
    {"APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
    | {"Namespace"}
)


def put(api: Api, item: dict[str, Any]) -> bool:
    """Applies a manifest; True when the stored object changed. Errors: ApiRefused."""
    path = path_of(item)
    before = api.find(path)
    after = need(api.patch(path, item, kind="apply", fieldManager=FIELD_MANAGER, force="true"))
    return before is None or version(before) != version(after)


def version(item: Mapping[str, Any]) -> str:
    return str(item["metadata"]["resourceVersion"])


def path_of(item: Mapping[str, Any]) -> str:
    """The API path of a manifest; plural names of the kinds we apply are regular."""
    api_version, kind = item["apiVersion"], item["kind"]
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    plural, name = f"{kind.lower()}s", item["metadata"]["name"]
    if kind in CLUSTER_SCOPED:
        return f"{root}/{plural}/{name}"
    return f"{root}/namespaces/{item['metadata']['namespace']}/{plural}/{name}"
