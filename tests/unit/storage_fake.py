"""A scenario's storage in memory: claims and volumes in Kubernetes, and an EC2 that is told."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

from fixtures.worlds.storage.ebs_csi_driver import Driver
from fixtures.worlds.storage.ebs_volumes import CREATED_FOR, Ebs, Left
from infra.ec2.volumes import Snapshot, Volume, Witness
from suite.storage.persistent_volume_claims import CLASSES, VOLUMES, Storage
from suite.storage.volume_writer import Line
from tests.unit.fakes import FakeApi, pod, workloads_of

NAMED = "kubernetes.io/created-for/pvc/name"
CLAIM = "/api/v1/namespaces/ns/persistentvolumeclaims/claim"
WRITER = "/api/v1/namespaces/ns/pods/writer"
VOLUME = Volume(
    "vol-1", "in-use", 8, "gp3", 3000, 125, "zone-a", "i-0", "/dev/xvdaa", "attached",
    tags={CREATED_FOR: "ns", NAMED: "claim"},
)  # fmt: skip
LINES = [Line(1, 10.0), Line(2, 10.2), Line(3, 10.4)]
LEFT = Left(VOLUME, LINES[:2], "pv-1")


@dataclass
class Ec2:
    """``known`` by id; ``changes`` and ``copies`` by volume."""

    known: dict[str, Volume] = field(default_factory=lambda: {"vol-1": VOLUME})
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    copies: list[Snapshot] = field(default_factory=list)

    def volume(self, ident: str) -> Volume | None:
        return self.known.get(ident)

    def tagged(self, key: str, value: str) -> list[Volume]:
        return [one for one in self.known.values() if one.tags.get(key) == value]

    def change(self, ident: str) -> dict[str, Any]:
        return self.changes.get(ident, {})

    def snapshots(self, volume_id: str) -> list[Snapshot]:
        return [copy for copy in self.copies if copy.volume == volume_id]

    def has(self, **values: Any) -> None:
        self.known["vol-1"] = replace(self.known["vol-1"], **values)


@dataclass
class FakeCluster:
    """Its API servers are one and the same."""

    api: FakeApi

    def api_servers(self) -> dict[str, FakeApi]:
        return {"controller-0": self.api, "controller-1": self.api}


@dataclass
class FakeDriver:
    cluster: FakeCluster
    instances: dict[str, str] = field(default_factory=lambda: {"worker-0": "i-0"})


def volume(**spec: Any) -> dict[str, Any]:
    terms = [{"key": "topology.kubernetes.io/zone", "values": ["zone-a"]}]
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": terms}]}}
    body = {"csi": {"volumeHandle": "vol-1"}, "nodeAffinity": affinity, "claimRef": {}} | spec
    return {"metadata": {"name": "pv-1", "uid": "u-pv"}, "spec": body, "status": {"phase": "Bound"}}


def storage_of(table: dict[str, Any] | None = None) -> tuple[Ebs, FakeApi, Ec2]:
    """A bound claim whose writer runs on worker-0."""
    bound = {
        "metadata": {"name": "claim", "uid": "u-claim"},
        "spec": {"volumeName": "pv-1"},
        "status": {},
    }
    api = FakeApi(
        {
            CLAIM: bound | {"status": {"phase": "Bound"}},
            f"{VOLUMES}/pv-1": volume(),
            WRITER: pod(metadata__name="writer"),
            CLASSES: {},
            "/api/v1/namespaces/ns/events": {"items": []},
        }
        | (table or {})
    )
    ec2 = Ec2()
    driver = cast("Driver", FakeDriver(FakeCluster(api)))
    made = Ebs(driver, Storage(api, "ns"), cast("Witness", ec2), workloads_of(api))
    return made, api, ec2
