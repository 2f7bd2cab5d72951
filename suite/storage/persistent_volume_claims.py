"""Claims, classes and snapshots of a scenario, and the volumes behind them.

What lies outside the namespace carries its name, so that whoever finds it knows whose it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.described import own_objects
from infra.errors import ClaimError, NotJudged, preparing
from infra.kube_api import Answer, Api, JsonObject, need
from infra.timing import Bound, scaled
from infra.wait import eventually

DRIVER = "ebs.csi.aws.com"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
ATTRIBUTES = "/apis/storage.k8s.io/v1/volumeattributesclasses"
ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
VOLUMES = "/api/v1/persistentvolumes"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1"
GROUPS = "/apis/groupsnapshot.storage.k8s.io/v1"
GIB = 8
"""Of a claim that names no size: gp3 allows 500 IOPS a GiB, so that 4000 fit."""
TAKEN_UP = Bound(30, "the resizer takes up a change", "it acts on events")
BEGUN = Bound(
    60,
    "EC2 has begun a snapshot",
    "two controllers act on events; CreateSnapshot itself answers "
    "at once with the moment that it takes (EC2 API, CreateSnapshot)",
)
GONE = Bound(120, "a deleted claim's volume is gone", "detach and delete by the driver, T13")


@dataclass
class Storage:
    """``made`` are paths outside the namespace, to be removed at the end."""

    api: Api
    namespace: str
    made: list[str] = field(default_factory=list)

    def path(self, kind: str, name: str = "", *, group: str = "/api/v1") -> str:
        return f"{group}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def add_class(self, *, reclaim: str = "Delete", **parameters: str) -> str:
        """Name of a new StorageClass of the driver; it binds at the first consumer."""
        name = f"{self.namespace}-{reclaim.lower()}"
        if f"{CLASSES}/{name}" not in self.made:
            self.outside(
                CLASSES,
                name,
                {
                    "provisioner": DRIVER,
                    "parameters": {"type": "gp3"} | parameters,
                    "reclaimPolicy": reclaim,
                    "volumeBindingMode": "WaitForFirstConsumer",
                    "allowVolumeExpansion": True,
                },
            )
        return name

    def add_attributes(self, word: str, parameters: Mapping[str, str]) -> str:
        """Name of a new VolumeAttributesClass of the driver."""
        name = self.attributes(word)
        body = {"driverName": DRIVER, "parameters": dict(parameters)}
        self.outside(ATTRIBUTES, name, body)
        return name

    def attributes(self, word: str) -> str:
        """Name of the VolumeAttributesClass that the scenario calls so, there or not."""
        return f"{self.namespace}-{word}"

    def add_snapshot_class(self) -> str:
        name = f"{self.namespace}-snapshots"
        if f"{SNAPSHOTS}/volumesnapshotclasses/{name}" not in self.made:
            body = {"driver": DRIVER, "deletionPolicy": "Delete"}
            self.outside(
                f"{SNAPSHOTS}/volumesnapshotclasses",
                name,
                {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass"} | body,
            )
        return name

    def claim(
        self,
        name: str,
        *,
        reclaim: str = "Delete",
        attributes: str = "",
        source: JsonObject | None = None,
    ) -> None:
        """A new claim; ``source`` is its dataSource. Errors: ApiRefused."""
        spec: JsonObject = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": self.add_class(reclaim=reclaim),
            "resources": {"requests": {"storage": f"{GIB}Gi"}},
        }
        if attributes:
            spec["volumeAttributesClassName"] = attributes
        if source:
            spec["dataSource"] = source
        self.api.create(
            self.path("persistentvolumeclaims"), {"metadata": {"name": name}, "spec": spec}
        )

    def claimed(self, name: str) -> JsonObject:
        return self.api.get(self.path("persistentvolumeclaims", name))

    def change(self, name: str, spec: JsonObject, *, through: Api | None = None) -> Answer:
        path = self.path("persistentvolumeclaims", name)
        return (through or self.api).patch(path, {"spec": spec}, kind="merge")

    def delete_claim(self, name: str) -> None:
        self.api.delete(self.path("persistentvolumeclaims", name))

    def await_modification(self, name: str) -> None:
        """A change of the claim is under way. Errors: NotPrepared."""
        with preparing():
            eventually(
                lambda: modification(self.claimed(name))[0],
                bool,
                within=scaled(TAKEN_UP),
                what=f"a change of the claim {name} is under way",
                every=0.05,
            )

    def end_of_attributes(self, word: str) -> tuple[bool, list[str]]:
        """Whether the class is being deleted, and what holds it back."""
        found = (self.api.find(f"{ATTRIBUTES}/{self.attributes(word)}") or {}).get("metadata", {})
        return "deletionTimestamp" in found, list(found.get("finalizers", []))

    def volume(self, name: str) -> JsonObject:
        """The PersistentVolume of a bound claim. Errors: NotJudged while it is not bound."""
        bound = self.claimed(name)["spec"].get("volumeName")
        if not bound:
            raise NotJudged(f"the claim {self.namespace}/{name} is not bound to a volume yet")
        return self.api.get(f"{VOLUMES}/{bound}")

    def volumes(self) -> list[JsonObject]:
        """The PersistentVolumes that were bound to claims of the namespace."""
        found = self.api.get(VOLUMES)["items"]
        return [
            v for v in found if v["spec"].get("claimRef", {}).get("namespace") == self.namespace
        ]

    def handle(self, name: str) -> str:
        """EC2's id of the volume of a bound claim."""
        return str(self.volume(name)["spec"]["csi"]["volumeHandle"])

    def take_snapshot(self, name: str, claim: str) -> None:
        snapshot_class = self.add_snapshot_class()
        body = {
            "apiVersion": "snapshot.storage.k8s.io/v1",
            "kind": "VolumeSnapshot",
            "metadata": {"name": name},
            "spec": {
                "volumeSnapshotClassName": snapshot_class,
                "source": {"persistentVolumeClaimName": claim},
            },
        }
        self.api.create(self.path("volumesnapshots", group=SNAPSHOTS), body)

    def await_begun(self, name: str) -> None:
        """EC2 has begun the snapshot: its moment has passed. Errors: WaitTimeout."""
        eventually(
            lambda: (self.snapshot(name).get("status") or {}).get("creationTime"),
            bool,
            within=scaled(BEGUN),
            what=f"the snapshot {name} has begun",
            every=0.3,
        )

    def snapshot(self, name: str) -> JsonObject:
        return self.api.get(self.path("volumesnapshots", name, group=SNAPSHOTS))

    def is_ready_to_use(self, name: str) -> bool:
        return (self.snapshot(name).get("status") or {}).get("readyToUse") is True

    def source_of(self, snapshot: str) -> JsonObject:
        """``dataSource`` of a claim that is made of the snapshot."""
        group, _, _ = SNAPSHOTS.removeprefix("/apis/").partition("/")
        return {"apiGroup": group, "kind": "VolumeSnapshot", "name": snapshot}

    def delete_snapshot(self, name: str) -> None:
        self.api.delete(self.path("volumesnapshots", name, group=SNAPSHOTS))

    def events(self, name: str) -> list[JsonObject]:
        """Of the claim of this name, oldest first."""
        selector = f"involvedObject.name={name},involvedObject.kind=PersistentVolumeClaim"
        found = self.api.get(self.path("events"), fieldSelector=selector)["items"]
        return sorted(found, key=lambda event: event["metadata"]["creationTimestamp"])

    def outside(self, collection: str, name: str, body: JsonObject) -> None:
        """Makes an object outside the namespace, to be removed with the rest."""
        self.made.append(f"{collection}/{name}")
        metadata = own_objects.labelled(collection, name)
        need(self.api.ask("POST", collection, body={"metadata": metadata} | body))


def must_be_taken(answer: Answer) -> None:
    """The API takes what a claim asks for, as is claimed. Errors: ClaimError."""
    if not answer.ok:
        raise ClaimError(f"the API should take what the claim asks for; it was {answer}")


def current_attributes(claim: JsonObject) -> str:
    return str(claim["status"].get("currentVolumeAttributesClassName") or "")


def modification(claim: JsonObject) -> tuple[str, str]:
    """Status of the change under way and what its condition says; empty when there is none."""
    status: Any = claim["status"].get("modifyVolumeStatus") or {}
    conditions = claim["status"].get("conditions") or []
    messages = [c.get("message", "") for c in conditions if "ModifyVolume" in c["type"]]
    return str(status.get("status", "")), "; ".join(messages)
