"""The end of a scenario's storage: an order that lets everything go, and nothing is forgotten."""

from typing import Any

import pytest

from infra.errors import NotJudged
from suite.leftovers import OF_THE_DRIVER
from suite.storage.persistent_volume_claims import (
    ATTACHMENTS,
    CLASSES,
    GROUPS,
    SNAPSHOTS,
    VOLUMES,
    Storage,
)
from suite.storage.storage_cleanup import remove
from tests.unit.fakes import FakeApi, no_time_passes
from tests.unit.storage_fake import volume

CLAIMS = "/api/v1/namespaces/ns/persistentvolumeclaims"
COPIES = f"{SNAPSHOTS}/namespaces/ns/volumesnapshots"
GROUP = f"{GROUPS}/namespaces/ns/volumegroupsnapshots"


class Cluster(FakeApi):
    """Deleting a collection empties it; what is deleted by name is gone."""

    def ask(self, method: str, path: str, **how: Any) -> Any:
        answer = super().ask(method, path, **how)
        if method == "DELETE" and isinstance(self.table.get(path), dict):
            if "items" in self.table[path]:
                self.table[path] = {"items": []}
                self.bound_volumes_go(path)
            else:
                del self.table[path]
        return answer

    def bound_volumes_go(self, path: str) -> None:
        if path == CLAIMS and self.table[VOLUMES]["items"][0]["spec"]["x"] == "Delete":
            self.table.pop(f"{VOLUMES}/pv-1", None)


def storage(policy: str = "Delete") -> tuple[Storage, Cluster]:
    one = volume(persistentVolumeReclaimPolicy=policy, claimRef={"namespace": "ns"}, x=policy)
    other = volume(persistentVolumeReclaimPolicy=policy, claimRef={"namespace": "other"}, x="")
    named = {"items": [{"metadata": {"name": "one"}}]}
    api = Cluster(
        {
            VOLUMES: {"items": [one, other]},
            f"{VOLUMES}/pv-1": one,
            ATTACHMENTS: {"items": []},
            CLAIMS: dict(named),
            COPIES: dict(named),
            GROUP: dict(named),
            f"{CLASSES}/ns-delete": {"metadata": {}},
        }
    )
    return Storage(api, "ns", [f"{CLASSES}/ns-delete"]), api


def deleted(api: FakeApi) -> list[str]:
    return [path for method, path, _ in api.asked if method == "DELETE"]


def test_snapshots_go_before_claims_and_classes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    made, api = storage()
    remove(made)
    assert deleted(api) == [GROUP, COPIES, CLAIMS, f"{CLASSES}/ns-delete"]


def test_a_retained_volume_is_let_go_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    made, api = storage("Retain")
    remove(made)
    assert f"{VOLUMES}/pv-1" in deleted(api)


def test_without_custom_resources_there_is_nothing_to_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_time_passes(monkeypatch)
    made, api = storage()
    del api.table[GROUP], api.table[COPIES]
    remove(made)
    assert CLAIMS in deleted(api)


def test_what_stays_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    made, api = storage()
    attached = {"spec": {"nodeName": "worker-0", "source": {"persistentVolumeName": "pv-1"}}}
    api.table[ATTACHMENTS] = {"items": [attached]}
    with pytest.raises(NotJudged, match=r"left something behind; no volume .*is attached"):
        remove(made)
    made, api = storage()
    monkeypatch.setattr(api, "bound_volumes_go", lambda _: None)
    with pytest.raises(NotJudged, match=r"outside its namespace is gone"):
        remove(made)


def test_only_the_drivers_own_objects_may_come_and_go() -> None:
    names = (
        "ebs-csi-controller snapshot-controller-runner aws-meta "
        "volumesnapshots.snapshot.storage.k8s.io "
        "volumegroupsnapshots.groupsnapshot.storage.k8s.io"
    )
    assert all(OF_THE_DRIVER.search(name) for name in names.split())
    others = ("coredns", "things.example.com", "my-ebs-csi", "claim-00000000-snapshots")
    assert not any(OF_THE_DRIVER.search(name) for name in others)
