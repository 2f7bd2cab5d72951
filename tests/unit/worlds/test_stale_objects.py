"""A killed run's objects go, everybody else's stay."""

from collections.abc import Collection
from typing import Any

from fixtures.worlds import stale_objects
from infra.kube_api import Answer


class Store:
    """Collections by path, of names; remembers what was deleted and patched."""

    def __init__(self, unserved: Collection[str] = (), **names: list[str]) -> None:
        self.names = names
        self.unserved = unserved
        self.deleted: list[str] = []
        self.patched: dict[str, Any] = {}

    def get(self, path: str) -> dict[str, Any]:
        if path == stale_objects.NODES:
            taints = [{"key": stale_objects.KEPT}, {"key": "other"}]
            return {"items": [{"metadata": {"name": "worker-0"}, "spec": {"taints": taints}}]}
        found = self.names.get(path.rsplit("/", 1)[-1], [])
        return {"items": [{"metadata": {"name": name}} for name in found]}

    def find(self, path: str) -> dict[str, Any] | None:
        return None if path.rsplit("/", 1)[-1] in self.unserved else self.get(path)

    def delete(self, path: str) -> None:
        self.deleted.append(path)

    def patch(self, path: str, body: Any, *, kind: str) -> Answer:
        self.patched[path] = body
        return Answer("PATCH", path, 200, {}, "{}")


def test_only_what_scenarios_made_is_removed() -> None:
    store = Store(
        namespaces=["kube-system", "claim-0a1b2c3d", "claim-handling", "reach-0a1b2c"],
        validatingadmissionpolicies=["claim-0a1b2c3d-labels-pods", "company-policy"],
        customresourcedefinitions=["limits.claim-0a1b2c3d.example.com", "limits.example.com"],
    )
    stale_objects.sweep(store)  # type: ignore[arg-type]  # what sweep uses of an Api
    assert [path.rsplit("/", 1)[-1] for path in store.deleted] == [
        "claim-0a1b2c3d-labels-pods",
        "limits.claim-0a1b2c3d.example.com",
        "claim-0a1b2c3d",
        "reach-0a1b2c",
    ]


def test_a_kept_worker_is_given_back_with_its_other_taints() -> None:
    store = Store()
    left = stale_objects.sweep(store)  # type: ignore[arg-type]
    assert store.patched == {"/api/v1/nodes/worker-0": {"spec": {"taints": [{"key": "other"}]}}}
    assert left == [f"/api/v1/nodes/worker-0 taint {stale_objects.KEPT}"]


def test_what_a_version_does_not_serve_has_nothing_left() -> None:
    """Mutating policies are not at v1 before 1.36: the rest is removed all the same."""
    unserved = ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
    store = Store(unserved, clusterroles=["claim-0a1b2c3d-reader"])
    stale_objects.sweep(store)  # type: ignore[arg-type]
    assert [path.rsplit("/", 1)[-1] for path in store.deleted] == ["claim-0a1b2c3d-reader"]
