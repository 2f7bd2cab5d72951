"""What lies in etcd: objects of a kind of our own do, metrics do not."""

from collections.abc import Iterator

from pytest_bdd import given, then, when

from infra.clients.apimachinery import aggregation
from infra.clients.etcd import members
from infra.clients.instrumentation.node_metrics import GROUP
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from suite.apimachinery.policy_params import Parameters
from suite.expect import must_be_none

OBJECT = "kept"


@given("a custom resource of a new CustomResourceDefinition", target_fixture="own")
def object_of_own_kind(cluster: Cluster, namespace: str) -> Iterator[Parameters]:
    own = Parameters(cluster.api, namespace)
    try:
        own.define(cluster.api_servers())
        own.allow(OBJECT, 3)
        yield own
    finally:
        own.remove()


@when("the custom resource is deleted")
def delete_object(own: Parameters) -> None:
    own.delete(OBJECT)


@then("etcd stores the custom resource with its UID, and the APIService of metrics.k8s.io")
def etcd_holds(cluster: Cluster, own: Parameters) -> None:
    uids = uids_of(cluster, own)
    stored = members.client(cluster).find(key_of(own))
    if stored is None or not all(uid.encode() in stored.value for uid in uids):
        raise ClaimError(
            f"{key_of(own)} should hold the object {' or '.join(uids)}; it holds {stored}"
        )
    if not keys_of_metrics(cluster):
        raise ClaimError("etcd should hold the APIService of metrics: the listing shows none")


@then("etcd stores no other key of metrics.k8s.io")
def no_metrics_in_etcd(cluster: Cluster) -> None:
    wanted = f"/registry/apiregistration.k8s.io/apiservices/{aggregation.NAME}"
    others = [key for key in keys_of_metrics(cluster) if key != wanted]
    must_be_none(others, "metrics are not stored")


@then("etcd no longer stores the custom resource")
def etcd_forgot(cluster: Cluster, own: Parameters) -> None:
    eventually(
        lambda: members.client(cluster).find(key_of(own)) is None,
        bool,
        within=scaled(20),
        what=f"{key_of(own)} is gone",
    )


def uids_of(cluster: Cluster, own: Parameters) -> set[str]:
    """UID of the object of our own kind, as every API server gives it."""
    servers = cluster.api_servers().values()
    return {str(api.get(own.path(OBJECT))["metadata"]["uid"]) for api in servers}


def key_of(own: Parameters) -> str:
    return f"/registry/{own.group}/limits/{own.namespace}/{OBJECT}"


def keys_of_metrics(cluster: Cluster) -> list[str]:
    return [key for key in members.client(cluster).keys("/") if GROUP in key]
