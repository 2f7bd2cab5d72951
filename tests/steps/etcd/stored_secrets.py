"""Phrases about Secrets as etcd stores them."""

import base64
import uuid
from dataclasses import dataclass

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.errors import require
from infra.kube_api import Api
from suite.etcd.snapshots import Snapshot, Workbench
from suite.expect import must_be_none

SECRETS = "/registry/secrets/"
MARK = b"k8s:enc:"
"""What a provider that encrypts begins a value with (apiserver pkg/storage/value/encrypt)."""


@dataclass(frozen=True)
class Pair:
    """Values of a Secret and of a ConfigMap."""

    secret: str
    config_map: str


@dataclass(frozen=True)
class Made:
    """Values of Secrets by name."""

    namespace: str
    values: dict[str, str]

    def unread(self, api: Api) -> list[str]:
        """What one API server does not read, and what it answers instead."""
        wrong: list[str] = []
        for name, value in self.values.items():
            answer = api.ask("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{name}")
            data = answer.body.get("data", {}).get("value", "")
            if not answer.ok or base64.b64decode(data) != value.encode():
                wrong.append(f"{name}: {answer.status} {answer.message[:150]}")
        return wrong


@pytest.fixture
def new_secrets() -> set[str]:
    """Keys in etcd of Secrets that a scenario creates."""
    return set()


@given("a Secret and a ConfigMap with known values", target_fixture="pair")
def known_pair(cluster: Cluster, namespace: str, new_secrets: set[str]) -> Pair:
    pair = Pair(f"secret-{uuid.uuid4()}", f"open-{uuid.uuid4()}")
    new_secrets.add(f"{SECRETS}{namespace}/s")
    hidden = {"metadata": {"name": "s"}, "stringData": {"value": pair.secret}}
    shown = {"metadata": {"name": "c"}, "data": {"value": pair.config_map}}
    for plural, body in (("secrets", hidden), ("configmaps", shown)):
        cluster.api.create(f"/api/v1/namespaces/{namespace}/{plural}", body)
    return pair


@when("a Secret is created through each API server", target_fixture="created_secrets")
def made_through_each(cluster: Cluster, namespace: str, new_secrets: set[str]) -> Made:
    path, values = f"/api/v1/namespaces/{namespace}/secrets", {}
    for machine, api in cluster.api_servers().items():
        values[f"made-by-{machine}"] = f"secret-{uuid.uuid4()}"
        body = {"metadata": {"name": f"made-by-{machine}"}}
        api.create(path, {**body, "stringData": {"value": values[f"made-by-{machine}"]}})
        new_secrets.add(f"{SECRETS}{namespace}/made-by-{machine}")
    return Made(namespace, values)


@then("every API server returns each of the Secrets")
def all_read(cluster: Cluster, created_secrets: Made) -> None:
    wrong: list[str] = []
    for machine, api in cluster.api_servers().items():
        wrong += [f"API server of {machine}: {text}" for text in created_secrets.unread(api)]
    must_be_none(wrong, "a Secret that one API server stored is read by every other")


@then("every Secret in etcd, old and new, is marked as encrypted")
def all_encrypted(cluster: Cluster, new_secrets: set[str], evidence: Evidence) -> None:
    """Also those from before: a snapshot has them all."""
    stored = members.client(cluster).entries(SECRETS)
    require(new_secrets <= stored.keys(), f"etcd has no {sorted(new_secrets - stored.keys())}")
    clear = [f"{k} {e.value[:12]!r}" for k, e in stored.items() if not e.value.startswith(MARK)]
    evidence.record("Secrets in etcd", "figures", {"all": len(stored), "in clear": len(clear)})
    must_be_none(clear, f"each of {len(stored)} Secrets is stored encrypted")


@then("the snapshot file contains the ConfigMap's value and not the Secret's")
def file_shows(workbench: Workbench, snapshot: Snapshot, pair: Pair) -> None:
    shown = workbench.places(pair.config_map, snapshot.path)
    require(shown, "not even the ConfigMap's value is in the file: nothing is proven (control)")
    leaked = workbench.places(pair.secret, snapshot.path)
    assert not leaked, f"the Secret's value stands in the file at byte {leaked[:1]}"
