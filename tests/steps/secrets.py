"""Phrases about Secrets as etcd stores them."""

import uuid
from dataclasses import dataclass

from pytest_bdd import given, then

from infra.clients.snapshots import Snapshot, Workbench
from infra.cluster import Cluster
from infra.errors import require


@dataclass(frozen=True)
class Pair:
    """Values of a Secret and of a ConfigMap, and the Secret's key in etcd."""

    secret: str
    config_map: str
    secret_key: str


@given("a Secret and a ConfigMap with known values", target_fixture="pair")
def known_pair(cluster: Cluster, namespace: str) -> Pair:
    pair = Pair(
        f"secret-{uuid.uuid4()}", f"open-{uuid.uuid4()}", f"/registry/secrets/{namespace}/s"
    )
    hidden = {"metadata": {"name": "s"}, "stringData": {"value": pair.secret}}
    shown = {"metadata": {"name": "c"}, "data": {"value": pair.config_map}}
    for plural, body in (("secrets", hidden), ("configmaps", shown)):
        cluster.api.create(f"/api/v1/namespaces/{namespace}/{plural}", body)
    return pair


@then("the stored Secret is marked as encrypted")
def stored_encrypted(workbench: Workbench, pair: Pair) -> None:
    entry = workbench.live.find(pair.secret_key)
    assert entry is not None, f"etcd has no {pair.secret_key}"
    assert entry.value.startswith(b"k8s:enc:"), "the Secret is stored without encryption"


@then("the file shows the ConfigMap's value but not the Secret's")
def file_shows(workbench: Workbench, snapshot: Snapshot, pair: Pair) -> None:
    shown = workbench.places(pair.config_map, snapshot.path)
    require(shown, "not even the ConfigMap's value is in the file: nothing is proven (control)")
    leaked = workbench.places(pair.secret, snapshot.path)
    assert not leaked, f"the Secret's value stands in the file at byte {leaked[:1]}"
