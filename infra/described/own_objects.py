"""What scenarios make, known by its label; nothing else is ours.

A namespace of ours says until when it may be there. Objects outside of namespaces have the label
too: a run that was killed may have left one whose namespace is gone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.errors import NotJudged
from infra.kube_api import Api, need

NAMESPACES = "/api/v1/namespaces"
LABEL, VALUE = "scenario-of", "kubernetes-from-scratch"
EXPIRES = "kubernetes-from-scratch/expires"
TTL = timedelta(hours=24)
"""Of a namespace: longer than any run."""
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
CLUSTER_SCOPED = (
    f"{ADMISSION}/validatingadmissionpolicybindings",
    f"{ADMISSION}/validatingadmissionpolicies",
    f"{ADMISSION}/mutatingadmissionpolicybindings",
    f"{ADMISSION}/mutatingadmissionpolicies",
    f"{ADMISSION}/validatingwebhookconfigurations",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/storage.k8s.io/v1/volumeattributesclasses",
    "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses",
    "/apis/groupsnapshot.storage.k8s.io/v1/volumegroupsnapshotclasses",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
)
"""Collections in which scenarios make objects, outside of namespaces; policies first: they could
refuse the rest. tests/unit/described/test_own_kinds.py holds them equal to what scenarios make."""


def metadata(name: str) -> dict[str, Any]:
    """Of a namespace of ours."""
    until = (datetime.now(UTC) + TTL).isoformat(timespec="seconds")
    return {"name": name, "labels": {LABEL: VALUE}, "annotations": {EXPIRES: until}}


def labelled(collection: str, name: str) -> dict[str, Any]:
    """Metadata of an object of ours outside of namespaces; nobody makes one without.

    Errors: NotJudged for a collection in which nobody would look for it.
    """
    if collection not in CLUSTER_SCOPED:
        raise NotJudged(f"{collection} is not swept: add it to infra/described/own_objects.py")
    return {"name": name, "labels": {LABEL: VALUE}}


def is_ours(item: Mapping[str, Any]) -> bool:
    labels = item["metadata"].get("labels") or {}
    return bool(labels.get(LABEL) == VALUE)


def left(api: Api) -> list[str]:
    """Paths of all that is ours. Errors: ApiRefused, ApiUnreachable."""
    return [f"{path}/{name}" for path in (*CLUSTER_SCOPED, NAMESPACES) for name in named(api, path)]


def sweep(api: Api) -> list[str]:
    """Deletes what is ours, and returns its paths. Errors: ApiRefused, ApiUnreachable."""
    paths = left(api)
    for path in paths:
        api.delete(path)
    return paths


def named(api: Api, path: str) -> list[str]:
    """Names of what is ours in a collection; none where the version does not serve it."""
    answer = api.ask("GET", path, params={"labelSelector": f"{LABEL}={VALUE}"})
    found = [] if answer.status == 404 else need(answer)["items"]
    return [str(one["metadata"]["name"]) for one in found if is_ours(one)]
