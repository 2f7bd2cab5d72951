"""What lies in etcd: objects of a kind of our own do, metrics do not."""

from collections.abc import Iterator

from pytest_bdd import given, then

from infra.clients.apimachinery import aggregation
from infra.clients.etcd import members
from infra.clients.instrumentation.node_metrics import GROUP
from infra.cluster import Cluster
from infra.errors import ClaimError
from suite.apimachinery.policy_params import Parameters
from suite.expect import must_be_none
from tests.steps.etcd.members import Stored

OBJECT = "kept"


@given("a custom resource of a new CustomResourceDefinition", target_fixture="stored")
def object_of_own_kind(cluster: Cluster, namespace: str) -> Iterator[Stored]:
    own = Parameters(cluster.api, namespace)
    try:
        own.define(cluster.api_servers())
        own.allow(OBJECT, 3)
        yield Stored(own.path(OBJECT), f"/registry/{own.group}/limits/{own.namespace}/{OBJECT}")
    finally:
        own.remove()


@then("etcd stores the custom resource with its UID")
def etcd_holds(cluster: Cluster, stored: Stored) -> None:
    uids = uids_of(cluster, stored)
    found = members.client(cluster).find(stored.key)
    if found is None or not all(uid.encode() in found.value for uid in uids):
        raise ClaimError(
            f"{stored.key} should hold the object {' or '.join(uids)}; it holds {found}"
        )


@then("etcd stores the APIService of metrics.k8s.io and no other key of the group")
def no_metrics_in_etcd(cluster: Cluster) -> None:
    wanted = f"/registry/apiregistration.k8s.io/apiservices/{aggregation.NAME}"
    found = keys_of_metrics(cluster)
    if not found:
        raise ClaimError("etcd should hold the APIService of metrics: the listing shows none")
    must_be_none([key for key in found if key != wanted], "metrics are not stored")


def uids_of(cluster: Cluster, stored: Stored) -> set[str]:
    """UID of the object of our own kind, as every API server gives it."""
    servers = cluster.api_servers().values()
    return {str(api.get(stored.path)["metadata"]["uid"]) for api in servers}


def keys_of_metrics(cluster: Cluster) -> list[str]:
    return [key for key in members.client(cluster).keys("/") if GROUP in key]
