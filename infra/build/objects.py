"""API objects of the phases, stored by server-side apply."""

from collections.abc import Mapping
from typing import Any

from infra.clients.etcd import alarms
from infra.errors import NotJudged
from infra.kube_api import Api, ApiRefused, ApiUnreachable, need
from infra.wait import eventually

GOING_DOWN = 503
"""Status of an API server that was told to end: "apiserver is shutting down"."""
FIELD_MANAGER = "kubernetes-from-scratch"
CLUSTER_SCOPED = frozenset(
    {"APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
    | {"Namespace"}
)


def stored(api: Api, item: dict[str, Any], *, within: float) -> bool:
    """Whether the object changed. One that starts breaks connections, one that ends says so.

    Errors: ApiRefused; NotJudged with what to do when etcd takes no write.
    """
    return eventually(
        lambda: put_or_wait(api, item),
        lambda _: True,
        within=within,
        what=f"{path_of(item)} is stored",
        transient=(ApiUnreachable,),
    )


def put_or_wait(api: Api, item: dict[str, Any]) -> bool:
    """Errors: as ``stored``; ApiUnreachable also for an API server that is going down."""
    try:
        return put(api, item)
    except ApiRefused as refused:
        if refused.answer.status == GOING_DOWN:
            raise ApiUnreachable(str(refused)) from refused
        if any(words in refused.answer.message for words in alarms.WRITES_REFUSED):
            raise NotJudged(f"{alarms.BY_HAND}\n{refused}") from refused
        raise


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
