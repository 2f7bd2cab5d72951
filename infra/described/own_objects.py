"""What we make on a cluster that others built, known by a label of its namespace; nothing else is.

A namespace of ours says until when it may be there. Objects outside of namespaces carry the name of
one of ours; they are ours only as long as that namespace is there, so it is deleted after them.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from infra.kube_api import Api

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
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
)
"""Kinds that scenarios make outside of namespaces; policies first: they could refuse the rest."""


def metadata(name: str) -> dict[str, Any]:
    """Of a namespace of ours."""
    until = (datetime.now(UTC) + TTL).isoformat(timespec="seconds")
    return {"name": name, "labels": {LABEL: VALUE}, "annotations": {EXPIRES: until}}


def namespaces(api: Api) -> list[str]:
    """Those of ours that are there. Errors: ApiRefused, ApiUnreachable."""
    found = api.get(NAMESPACES, labelSelector=f"{LABEL}={VALUE}")["items"]
    return [str(one["metadata"]["name"]) for one in found if is_ours(one)]


def is_ours(namespace: Mapping[str, Any]) -> bool:
    labels = namespace["metadata"].get("labels") or {}
    return bool(labels.get(LABEL) == VALUE)


def left(api: Api) -> list[str]:
    """Paths of all that is ours: objects that carry a namespace's name, then the namespaces."""
    names = namespaces(api)
    found = [
        f"{path}/{name}" for path in CLUSTER_SCOPED for name in carrying(names, named(api, path))
    ]
    return [*found, *(f"{NAMESPACES}/{name}" for name in names)]


def sweep(api: Api) -> list[str]:
    """Deletes what is ours, and returns its paths. Errors: ApiRefused, ApiUnreachable."""
    paths = left(api)
    for path in paths:
        api.delete(path)
    return paths


def named(api: Api, path: str) -> list[str]:
    """Names of a collection; none where the version does not serve it."""
    found = (api.find(path) or {}).get("items") or ()
    return [str(one["metadata"]["name"]) for one in found]


def carrying(own: Iterable[str], names: Iterable[str]) -> list[str]:
    """Names that hold one of ours as a word: between dashes, dots, colons or the ends."""
    words = set(own)
    return [name for name in names if words & set(words_of(name))]


def words_of(name: str) -> list[str]:
    """Parts of a name that may be one of ours, ``claim-<8 hex>``."""
    parts = name.replace(".", "-").replace(":", "-").split("-")
    return [f"{first}-{second}" for first, second in pairwise(parts)]
