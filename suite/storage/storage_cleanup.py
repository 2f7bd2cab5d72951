"""The end of a scenario's storage: claims, snapshots and classes, in an order that lets them go."""

from infra.errors import tidying
from infra.timing import scaled
from infra.wait import eventually
from suite.storage.persistent_volume_claims import (
    ATTACHMENTS,
    GONE,
    GROUPS,
    SNAPSHOTS,
    VOLUMES,
    Storage,
)


def remove(storage: Storage) -> None:
    """Snapshots, claims and what is outside are gone; kept volumes are no longer Kubernetes'.

    Errors: NotJudged naming what stays.
    """
    volumes = storage.volumes()
    names = {volume["metadata"]["name"] for volume in volumes}
    await_detached(storage, names)  # else deleting is refused, and tried again later and later
    for kind, group in (
        ("volumegroupsnapshots", GROUPS),
        ("volumesnapshots", SNAPSHOTS),
        ("persistentvolumeclaims", "/api/v1"),
    ):
        empty(storage, storage.path(kind, group=group))
    for volume in volumes:
        if volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain":
            storage.api.delete(f"{VOLUMES}/{volume['metadata']['name']}")
    await_gone(storage, [f"{VOLUMES}/{volume['metadata']['name']}" for volume in volumes])
    for path in reversed(storage.made):
        storage.api.delete(path)
    await_gone(storage, storage.made)


def await_detached(storage: Storage, names: set[str]) -> None:
    with tidying():
        eventually(
            lambda: [
                item["spec"]["nodeName"]
                for item in storage.api.get(ATTACHMENTS)["items"]
                if item["spec"]["source"].get("persistentVolumeName") in names
            ],
            lambda left: not left,
            within=scaled(GONE),
            what="no volume of the scenario is attached",
        )


def empty(storage: Storage, path: str) -> None:
    if storage.api.ask("DELETE", path).status != 404:  # no such kind: its CRDs are not there
        await_empty(storage, path)


def await_empty(storage: Storage, path: str) -> None:
    with tidying():
        eventually(
            lambda: [item["metadata"]["name"] for item in storage.api.get(path)["items"]],
            lambda left: not left,
            within=scaled(GONE),
            what=f"nothing is left at {path}",
        )


def await_gone(storage: Storage, paths: list[str]) -> None:
    with tidying():
        eventually(
            lambda: [path for path in paths if storage.api.find(path) is not None],
            lambda left: not left,
            within=scaled(GONE),
            what="what the scenario made outside its namespace is gone",
        )
