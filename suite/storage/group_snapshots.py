"""Snapshots of groups of volumes: custom resources that the EBS CSI driver cannot follow."""

from infra.cluster import Cluster
from infra.kube_api import Api, JsonObject, need
from suite.storage.persistent_volume_claims import DRIVER, GROUPS, Storage

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CLASSES = f"{GROUPS}/volumegroupsnapshotclasses"


def take(storage: Storage, name: str, claim: str) -> None:
    """A snapshot of the group of one claim, which is labelled for it."""
    label = {"group": storage.namespace}
    path = storage.path("persistentvolumeclaims", claim)
    need(storage.api.patch(path, {"metadata": {"labels": label}}, kind="merge"))
    made_class = f"{storage.namespace}-groups"
    storage.outside(
        CLASSES,
        made_class,
        typed("VolumeGroupSnapshotClass", {"driver": DRIVER, "deletionPolicy": "Delete"}),
    )
    source = {"selector": {"matchLabels": label}}
    spec = {"volumeGroupSnapshotClassName": made_class, "source": source}
    body = typed("VolumeGroupSnapshot", {"metadata": {"name": name}, "spec": spec})
    storage.api.create(storage.path("volumegroupsnapshots", group=GROUPS), body)


def typed(kind: str, body: JsonObject) -> JsonObject:
    return {"apiVersion": GROUPS.removeprefix("/apis/"), "kind": kind} | body


def status(storage: Storage, name: str) -> JsonObject:
    found = storage.api.get(storage.path("volumegroupsnapshots", name, group=GROUPS))
    return found.get("status") or {}


def error(storage: Storage, name: str) -> str:
    """What the group snapshot tells of its failure; empty while it tells nothing."""
    return str((status(storage, name).get("error") or {}).get("message", ""))


def is_ready(storage: Storage, name: str) -> bool:
    return status(storage, name).get("readyToUse") is True


def served(api: Api, group: str) -> list[str]:
    """Kinds of objects that discovery has of a group; none when it has no such group.

    A group may go between its two questions: a version that is told and not found has none.
    """
    told = api.find(f"/apis/{group}") or {"versions": []}
    versions = [one["groupVersion"] for one in told["versions"]]
    lists = [api.find(f"/apis/{version}") or {"resources": []} for version in versions]
    names = {one["name"] for found in lists for one in found["resources"]}
    return sorted(name for name in names if "/" not in name)


def defined(api: Api, group: str) -> list[str]:
    """Kinds of objects of a group that custom resource definitions make."""
    found = [crd["spec"] for crd in api.get(CRDS)["items"]]
    return sorted(spec["names"]["plural"] for spec in found if spec["group"] == group)


def everywhere(cluster: Cluster, group: str) -> dict[str, list[str]]:
    """What each API server has of a group, by address."""
    return {name: served(api, group) for name, api in cluster.api_servers().items()}
